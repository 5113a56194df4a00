//! Webhooks to others: which events there are, which addresses may be called, and when an attempt is repeated.

use super::clock::Ts;
use super::party::text_enum;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// What an endpoint can hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// A balance fell below a threshold, or will soon be used up.
    BalanceLow,
    /// A balance is used up.
    BalanceDepleted,
    /// A top-up was credited.
    TopUpSettled,
    /// A top-up failed for good.
    TopUpFailed,
    /// An invoice was written.
    InvoiceIssued,
    /// A commission was paid out.
    PayoutPaid,
}

text_enum!(EventType {
    BalanceLow = "balance.low",
    BalanceDepleted = "balance.depleted",
    TopUpSettled = "topup.settled",
    TopUpFailed = "topup.failed",
    InvoiceIssued = "invoice.issued",
    PayoutPaid = "payout.paid",
});

/// The type of the event that is sent to try an endpoint out; every endpoint gets it.
pub const TEST_EVENT: &str = "endpoint.test";

impl EventType {
    /// Reads the stored list: types with a space between them. Unknown ones are left out.
    pub fn parse_list(text: &str) -> Vec<EventType> {
        text.split(' ').filter_map(EventType::parse).collect()
    }

    /// The stored form of a list.
    pub fn join(types: &[EventType]) -> String {
        types.iter().map(|of| of.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Where the delivery of an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// An attempt will be made.
    Waiting,
    /// The endpoint answered 2xx.
    Delivered,
    /// Given up.
    Failed,
}

text_enum!(DeliveryStatus { Waiting = "waiting", Delivered = "delivered", Failed = "failed" });

/// Why an endpoint is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledReason {
    /// Somebody switched it off.
    ByHand,
    /// Every attempt failed for days.
    Failing,
    /// It answered that it is gone for good (410).
    Gone,
}

text_enum!(DisabledReason { ByHand = "by_hand", Failing = "failing", Gone = "gone" });

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptError {
    /// The name has no address.
    NoAddress,
    /// The address belongs to a network that is not public.
    PrivateAddress,
    /// No connection, or no certificate that can be believed.
    Connect,
    /// No answer in time.
    Timeout,
    /// What came is no answer.
    Protocol,
    /// The answer leads elsewhere; that is not followed.
    Redirect,
    /// Any other answer than 2xx.
    Status,
    /// The endpoint was switched off before.
    Off,
}

text_enum!(AttemptError {
    NoAddress = "no_address",
    PrivateAddress = "private_address",
    Connect = "connect",
    Timeout = "timeout",
    Protocol = "protocol",
    Redirect = "redirect",
    Status = "status",
    Off = "off",
});

/// Seconds from one failed attempt to the next; after the last one the delivery is given up.
const PAUSES: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How long an endpoint may fail before it is switched off.
const PATIENCE: Duration = Duration::from_secs(5 * 86_400);
/// How long the secret before is still used beside the new one.
pub const ROTATION: Duration = Duration::from_secs(86_400);

/// How long to wait after so many attempts that failed; `None` when that was the last one.
pub fn pause_after(attempts: i64) -> Option<Duration> {
    let made = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(made).copied().map(Duration::from_secs)
}

/// Whether an endpoint that has failed since then is to be switched off.
pub fn is_given_up(failing_since: Ts, now: Ts) -> bool {
    now.since(failing_since) >= PATIENCE
}

/// A secret that signs deliveries. It does not show itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(pub Vec<u8>);

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Longest address of an endpoint, in bytes.
pub const MAX_URL: usize = 500;

/// The checked address of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(String);

/// Why an address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// Nothing was entered.
    Missing,
    /// Longer than [`MAX_URL`].
    TooLong,
    /// Not an address of the web, or one with a name and password, or a number in place of a name.
    Unreadable,
    /// Not `https`.
    NotHttps,
    /// Names a network that is not public.
    Private,
}

impl UrlError {
    /// The Fluent key of the sentence.
    pub const fn key(self) -> &'static str {
        match self {
            UrlError::Missing => "endpoint-url-missing",
            UrlError::TooLong => "endpoint-url-too-long",
            UrlError::Unreadable => "endpoint-url-unreadable",
            UrlError::NotHttps => "endpoint-url-not-https",
            UrlError::Private => "endpoint-url-private",
        }
    }
}

impl EndpointUrl {
    /// Reads an address. `allow_private` also takes `http` and addresses that are not public; for trying things out only.
    ///
    /// A name is only looked up when something is sent, because what it leads to may change: see [`is_public`].
    ///
    /// # Errors
    /// [`UrlError`] says what is wrong.
    pub fn parse(text: &str, allow_private: bool) -> Result<EndpointUrl, UrlError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(UrlError::Missing);
        }
        if text.len() > MAX_URL {
            return Err(UrlError::TooLong);
        }
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'#' || byte == b'\\') {
            return Err(UrlError::Unreadable);
        }
        let uri: http::Uri = text.parse().map_err(|_| UrlError::Unreadable)?;
        let authority = uri.authority().ok_or(UrlError::Unreadable)?;
        // Behind the host stands nothing or a port; a name and password would stand before it.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => Some(1),
            Some(rest) => rest.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()),
            None => None,
        };
        if port.is_none_or(|port| port == 0) {
            return Err(UrlError::Unreadable);
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if allow_private => {}
            Some("http") => return Err(UrlError::NotHttps),
            _ => return Err(UrlError::Unreadable),
        }
        match host(authority.host())? {
            Host::Address(address) if !allow_private && !is_public(address) => Err(UrlError::Private),
            Host::Local if !allow_private => Err(UrlError::Private),
            _ => Ok(EndpointUrl(text.to_owned())),
        }
    }

    /// The address as it was entered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

enum Host {
    Address(IpAddr),
    /// A name that only this machine or this network knows.
    Local,
    Name,
}

fn host(text: &str) -> Result<Host, UrlError> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse().map(|v6| Host::Address(IpAddr::V6(v6))).map_err(|_| UrlError::Unreadable);
    }
    if let Ok(v4) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(v4)));
    }
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if name.is_empty() || !name.split('.').all(is_label) {
        return Err(UrlError::Unreadable);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    // Resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as 127.0.0.1; no name of the web ends in a number.
    if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
        return Err(UrlError::Unreadable);
    }
    let local = !name.contains('.') || ["localhost", "local", "internal", "lan", "arpa"].contains(&last);
    Ok(if local { Host::Local } else { Host::Name })
}

/// Whether an address is one of the public internet, by IANA's registries of special addresses; anything in doubt is not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)            // this network, private, loopback
            | (100, 64..=127, _)        // shared by a provider's customers
            | (169, 254, _)             // link-local, where clouds serve credentials
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)           // protocol assignments, documentation
            | (192, 88, 99)             // relays from IPv6
            | (198, 18 | 19, _)         // benchmarks
            | (198, 51, 100)            // documentation
            | (203, 0, 113)             // documentation
            | (224.., _, _) // multicast, reserved, broadcast
    )
}

/// Only the globally routed block counts, without the parts that carry an IPv4 address or are no place at all. Addresses that map or
/// translate IPv4 (`::ffff:…`, `64:ff9b::…`), loopback, link-local, unique local and multicast ones lie outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (0x2000..=0x3fff).contains(&first)
        && !(first == 0x2001 && second < 0x0200)        // protocol assignments, Teredo, benchmarks
        && !(first == 0x2001 && second == 0x0db8)       // documentation
        && first != 0x2002                              // carries an IPv4 address
        && !(first == 0x3fff && second < 0x1000) // documentation
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPECIAL: [&str; 46] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001::1",
        "2001:10::1",
        "2001:2::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "4000::1",
        "5f00::1",
    ];
    const PUBLIC: [&str; 16] = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "203.0.114.1",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2001:200::1",
        "2606:4700::1111",
        "2a00:1450::1",
        "3ffe::1",
    ];

    #[test]
    fn only_public_addresses_are_public() {
        for text in SPECIAL {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
        for text in PUBLIC {
            assert!(is_public(text.parse().expect(text)), "{text}");
        }
    }

    #[test]
    fn addresses_of_endpoints_are_public_and_encrypted() {
        let wrong = |text: &str| EndpointUrl::parse(text, false).expect_err(text);
        for text in ["", "  "] {
            assert_eq!(wrong(text), UrlError::Missing);
        }
        assert_eq!(wrong(&format!("https://a.example/{}", "x".repeat(MAX_URL))), UrlError::TooLong);
        assert_eq!(wrong("http://hooks.example.com/a"), UrlError::NotHttps);
        for text in [
            "hooks.example.com",
            "https:/x",
            "https://",
            "ftp://a.example",
            "javascript:alert(1)",
            "//a.example/x",
            "https://user:secret@a.example/",
            "https://a.example@10.0.0.1/",
            "https://a.example:0/",
            "https://a.example:/",
            "https://a.example:99999/",
            "https://a.example/#x",
            "https://a.example/ x",
            "https://ä.example/",
            "https://a..example/",
            "https://a.example\\@b.example/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://127.0.0.1.:443/",
            "https://[::1",
            "https://[x]/",
        ] {
            assert_eq!(wrong(text), UrlError::Unreadable, "{text}");
        }
        for text in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "https://10.1.2.3:8443/x",
            "https://[::ffff:127.0.0.1]/",
            "https://0.0.0.0/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://db.internal/",
            "https://printer.local/",
            "https://intranet/",
        ] {
            assert_eq!(wrong(text), UrlError::Private, "{text}");
            assert!(EndpointUrl::parse(text, true).is_ok(), "{text}");
        }
        for text in [
            "https://hooks.example.com/a?b=c",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]:8443/",
            "https://x-y_z.example.:444",
        ] {
            assert_eq!(EndpointUrl::parse(&format!(" {text} "), false).expect(text).as_str(), text);
        }
        assert!(EndpointUrl::parse("http://127.0.0.1:3000/hook", true).is_ok());
    }

    #[test]
    fn ten_attempts_are_made_over_three_days() {
        let pauses: Vec<u64> = (1..).map_while(pause_after).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses.len(), 9);
        let hours = pauses.iter().sum::<u64>() / 3600;
        assert_eq!((pauses[0], pauses[8] / 3600, hours), (5, 24, 75));
        assert_eq!((pause_after(0), pause_after(-1), pause_after(10)), (None, None, None));
        let start = Ts::from_seconds(0);
        assert!(
            !is_given_up(start, Ts::from_seconds(5 * 86_400 - 1))
                && is_given_up(start, Ts::from_seconds(5 * 86_400))
        );
    }

    #[test]
    fn lists_of_events_come_back() {
        let all = EventType::ALL.to_vec();
        assert_eq!(EventType::parse_list(&EventType::join(&all)), all);
        assert_eq!(EventType::parse_list(" x balance.low "), [EventType::BalanceLow]);
        assert_eq!(EventType::parse_list(""), []);
        assert_eq!(format!("{:?}", SigningSecret(vec![1])), "***");
    }

    proptest! {
        #[test]
        fn no_address_panics(text in ".{0,60}", rest in "[a-z0-9.:\\[\\]@%/?-]{0,30}", allow: bool) {
            let _ = EndpointUrl::parse(&text, allow);
            let _ = EndpointUrl::parse(&format!("https://{rest}"), allow);
        }
    }
}
