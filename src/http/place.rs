//! Where a request comes from: the client's address, as far as it can be known.
//!
//! Invariant: what a header says is believed only from a proxy that the settings name (`FF_TRUSTED_PROXY`); whoever
//! else sends `X-Forwarded-For` speaks for nobody.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use ipnet::IpNet;

/// The proxies whose word on a client's address counts. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    trusted: Arc<Vec<IpNet>>,
    /// Set when somebody who may be our proxy, and is not named, spoke for a client.
    is_one_unnamed: Arc<AtomicBool>,
}

impl Proxies {
    /// Reads addresses and networks, parted by commas: "127.0.0.1, 10.0.0.0/8".
    ///
    /// ```
    /// use fighting_fund::http::Proxies;
    /// assert!(Proxies::parse("127.0.0.1, 2001:db8::/32").is_some());
    /// assert!(Proxies::parse("everybody").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let network = |text: &str| text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
        let parts = text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty());
        let trusted = parts.map(network).collect::<Option<Vec<_>>>()?;
        Some(Self { trusted: Arc::new(trusted), ..Self::default() })
    }

    /// True for the address of one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// True once a proxy of this machine or of the private network spoke for a client and was not believed, because no
    /// setting names it: then all readers look like one.
    pub fn is_one_unnamed(&self) -> bool {
        self.is_one_unnamed.load(Ordering::Relaxed)
    }

    /// The client behind `peer`: from the end of what the proxies noted, the first address that is none of theirs.
    pub fn client(&self, peer: IpAddr, noted: &[&str]) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            if !noted.is_empty() && is_near(peer) {
                self.is_one_unnamed.store(true, Ordering::Relaxed);
            }
            return peer;
        }
        let mut client = peer;
        for text in noted.iter().rev().flat_map(|header| header.rsplit(',')) {
            // What nobody can read, nobody of ours wrote.
            let Some(address) = address(text.trim()) else { break };
            client = address;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }
}

/// "192.0.2.7", "192.0.2.7:4711", "[2001:db8::7]:4711"
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|at| at.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// The address of the client that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub IpAddr);

impl Place {
    /// Where this request comes from.
    pub fn of(request: &HttpRequest) -> Self {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let noted: Vec<&str> =
            request.headers().get_all("x-forwarded-for").map(|noted| noted.to_str().unwrap_or_default()).collect();
        let proxies = request.app_data::<web::Data<Proxies>>();
        Self(proxies.map_or(peer.to_canonical(), |proxies| proxies.client(peer, &noted)))
    }

    /// The network of one household or office, and so as much of the address as is kept: the address itself, or the
    /// /64 of IPv6 that one household has (RFC 6177).
    pub fn household(self) -> IpNet {
        net(self.0, 32, 64)
    }

    /// Its neighbourhood: what one customer of a hosting company may have.
    pub fn block(self) -> IpNet {
        net(self.0, 24, 48)
    }
}

fn net(address: IpAddr, v4: u8, v6: u8) -> IpNet {
    let length = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, length).expect("the lengths are those of the families").trunc()
}

impl FromRequest for Place {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn nobody_speaks_for_a_client_but_a_named_proxy() {
        let (none, one) = (Proxies::default(), Proxies::parse("10.0.0.1,fd00::/8").expect("proxies"));

        assert_eq!(none.client(ip("127.0.0.1"), &["192.0.2.7"]), ip("127.0.0.1"));
        assert_eq!(none.client(ip("10.0.0.1"), &["192.0.2.7"]), ip("10.0.0.1"));
        assert!(none.is_one_unnamed() && !one.is_one_unnamed());
        assert_eq!(one.client(ip("10.0.0.1"), &["192.0.2.7"]), ip("192.0.2.7"));
        assert_eq!(one.client(ip("::ffff:10.0.0.1"), &["192.0.2.7:80"]), ip("192.0.2.7"));
        assert_eq!(one.client(ip("10.0.0.2"), &["192.0.2.7"]), ip("10.0.0.2"));
    }

    #[test]
    fn what_the_client_itself_wrote_is_not_believed() {
        let one = Proxies::parse("10.0.0.1, 10.0.0.2").expect("proxies");
        let client = |noted: &[&str]| one.client(ip("10.0.0.1"), noted);

        assert_eq!(client(&["127.0.0.1, 192.0.2.7"]), ip("192.0.2.7"), "the last is the proxy's own note");
        assert_eq!(client(&["127.0.0.1", "192.0.2.7, 10.0.0.2"]), ip("192.0.2.7"), "through two proxies of ours");
        assert_eq!(client(&["192.0.2.7, nonsense"]), ip("10.0.0.1"));
        assert_eq!(client(&[]), ip("10.0.0.1"));
        assert_eq!(client(&["[2001:db8::7]:4711"]), ip("2001:db8::7"));
    }

    #[test]
    fn one_household_is_one_place() {
        assert_eq!(Place(ip("2001:db8::1")).household(), Place(ip("2001:db8::2")).household());
        assert_ne!(Place(ip("2001:db8:0:1::1")).household(), Place(ip("2001:db8::1")).household());
        assert_eq!(Place(ip("192.0.2.7")).block().to_string(), "192.0.2.0/24");
    }
}
