//! Numbers that rise with time, searched by halving: no index on the time is needed.

/// The first of `1..=last` for which `is_so`, where it holds for all behind it too; one more than `last` where it holds
/// for none.
///
/// ```
/// use fighting_fund::db::by_halving;
/// assert_eq!(by_halving::<()>(9, |number| Ok(number * number > 20)), Ok(5));
/// assert_eq!(by_halving::<()>(4, |number| Ok(number * number > 20)), Ok(5));
/// ```
///
/// # Errors
/// What `is_so` fails with.
pub fn by_halving<E>(last: i64, mut is_so: impl FnMut(i64) -> Result<bool, E>) -> Result<i64, E> {
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_so(middle)? { high = middle } else { low = middle + 1 }
    }
    Ok(low)
}
