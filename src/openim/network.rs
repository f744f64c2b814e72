//! A network of addresses, as operators write it: `10.0.0.0/8`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Addresses that begin with the same bits. An IPv4 address in the form of IPv6 counts as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its first address.
    first: IpAddr,
    /// How many bits its addresses have in common.
    bits: u8,
}

/// A text that names no network; a sentence with what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a network such as 10.0.0.0/8 or fd00::/8, or one address")]
pub struct NetworkError;

impl Network {
    /// The addresses nearest to one: its /24 in IPv4, its /64 in IPv6.
    pub fn around(address: IpAddr) -> Network {
        let bits = if address.to_canonical().is_ipv4() { 24 } else { 64 };
        Network::new(address, bits)
    }

    /// The network of `address` whose addresses have its first `bits` bits.
    fn new(address: IpAddr, bits: u8) -> Network {
        let first = match address.to_canonical() {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
        };
        Network { first, bits }
    }

    /// Whether `address` is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && Network::new(address, self.bits).first == self.first
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Network, NetworkError> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= most).ok_or(NetworkError)?
            }
            Some(_) => return Err(NetworkError),
        };
        if address.to_canonical().is_ipv4() != address.is_ipv4() {
            // The bits would be counted from where the IPv4 address does not begin.
            return Err(NetworkError);
        }
        Ok(Network::new(address, bits))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_like_it() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.3.4", "11.0.0.0"),
            ("10.1.2.3/8", "10.255.3.4", "9.255.255.255"),
            ("192.168.7.128/25", "192.168.7.255", "192.168.7.127"),
            ("192.168.7.9", "192.168.7.9", "192.168.7.8"),
            ("fd00::/8", "fd12::1", "fe00::1"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("0.0.0.0/0", "255.1.2.3", "::1"),
            ("::/0", "fe80::1", "10.0.0.1"),
        ] {
            assert!(has(network, inside), "{network} has {inside}");
            assert!(!has(network, outside), "{network} has not {outside}");
        }
    }

    #[test]
    fn the_nearest_are_those_of_the_same_segment() {
        let around = |address: &str| Network::around(address.parse().unwrap()).to_string();
        assert_eq!(around("10.1.2.3"), "10.1.2.0/24");
        assert_eq!(around("::ffff:10.1.2.3"), "10.1.2.0/24");
        assert_eq!(around("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
    }

    #[test]
    fn junk_is_no_network() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "a/8",
            "::ffff:10.0.0.0/8",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError), "{text}");
        }
    }
}
