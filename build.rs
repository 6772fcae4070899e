//! A new folder of migrations or templates rebuilds the binary; cargo would notice only edited files.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=templates");
}
