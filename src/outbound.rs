//! Calls to addresses that others have chosen: signed like Standard Webhooks, and kept away from every network that is not public.
//!
//! A name is resolved once, all its addresses are judged, and the connection goes to exactly those: a name that leads elsewhere a
//! moment later cannot be used to reach what only this server reaches. Redirects are not followed.
//! Source: Standard Webhooks 1.0 (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; secrets `whsec_` with base64).

use crate::domain::clock::Ts;
use crate::domain::endpoint::{AttemptError, SigningSecret, is_public};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, Uri, header};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::rt::TokioIo;
use sha2::Sha256;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::ServiceExt;

/// Time to resolve the name, to connect, to get an answer, and to read it: for each.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time for one address of several.
const PATIENCE_PER_ADDRESS: Duration = Duration::from_secs(2);
/// An answer is read this far at most.
const ANSWER_BYTES: usize = 64 * 1024;
/// So many characters of it are kept for the log.
const EXCERPT: usize = 300;

/// What is sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To which address.
    pub url: String,
    /// The event's id, the same at every attempt.
    pub id: String,
    /// JSON.
    pub body: String,
    /// Every secret that signs at present.
    pub secrets: Vec<SigningSecret>,
    /// The time of this attempt.
    pub at: Ts,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The beginning of its text.
    pub excerpt: String,
}

/// A secret as its owner reads it.
pub fn show_secret(secret: &SigningSecret) -> String {
    format!("whsec_{}", STANDARD.encode(&secret.0))
}

/// A new secret of 256 bits.
pub fn fresh_secret() -> SigningSecret {
    let random: [u8; 32] = rand::random();
    SigningSecret(random.to_vec())
}

/// `v1,…` with the HMAC-SHA256 over id, time and body.
pub fn sign(secret: &SigningSecret, id: &str, seconds: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Sends a letter and says what came of it. `allow_private` is for trying things out only.
///
/// # Errors
/// [`AttemptError`] where no answer came. Any status is an answer.
pub async fn send(letter: Letter, allow_private: bool) -> Result<Answer, AttemptError> {
    let uri: Uri = letter.url.parse().map_err(|_| AttemptError::NoAddress)?;
    let secure = uri.scheme_str() == Some("https");
    if !secure && !allow_private {
        return Err(AttemptError::PrivateAddress);
    }
    let addresses = timeout(PATIENCE, resolve(&uri)).await.map_err(|_| AttemptError::Timeout)??;
    let addresses = permitted(addresses, allow_private)?;
    // The connector gets the judged addresses and looks no name up; the name only stands in the check of the certificate.
    let connect = tower::service_fn(move |_: Uri| connect(addresses.clone()));
    let builder = HttpsConnectorBuilder::new().with_webpki_roots();
    let connector = builder.https_or_http().enable_http1().wrap_connector(connect);
    let stream = timeout(PATIENCE, connector.oneshot(uri.clone())).await;
    let stream = stream.map_err(|_| AttemptError::Timeout)?.map_err(|error| {
        tracing::debug!(%error, "no connection to an endpoint");
        AttemptError::Connect
    })?;
    let (sender, connection) = http1::handshake(stream).await.map_err(|_| AttemptError::Protocol)?;
    let driving = tokio::spawn(connection);
    let answer = exchange(sender, &letter, &uri).await;
    driving.abort();
    answer
}

async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TokioIo<TcpStream>> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in addresses {
        match timeout(PATIENCE_PER_ADDRESS, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(TokioIo::new(stream)),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

async fn resolve(uri: &Uri) -> Result<Vec<SocketAddr>, AttemptError> {
    let host = uri.host().ok_or(AttemptError::NoAddress)?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if let Ok(address) = literal {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = tokio::net::lookup_host((host, port)).await.map_err(|_| AttemptError::NoAddress)?;
    Ok(found.collect())
}

/// All addresses of a name, if every one of them may be called: one that may not is no accident.
fn permitted(addresses: Vec<SocketAddr>, allow_private: bool) -> Result<Vec<SocketAddr>, AttemptError> {
    if addresses.is_empty() {
        return Err(AttemptError::NoAddress);
    }
    if !allow_private && !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(AttemptError::PrivateAddress);
    }
    Ok(addresses)
}

async fn exchange(
    mut sender: http1::SendRequest<Full<Bytes>>,
    letter: &Letter,
    uri: &Uri,
) -> Result<Answer, AttemptError> {
    let seconds = letter.at.seconds();
    let sign = |secret| sign(secret, &letter.id, seconds, &letter.body);
    let signatures: Vec<String> = letter.secrets.iter().map(sign).collect();
    let request = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("Guthaben/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signatures.join(" "))
        .body(Full::new(Bytes::from(letter.body.clone())))
        .map_err(|_| AttemptError::Protocol)?;
    let response = timeout(PATIENCE, sender.send_request(request)).await;
    let response = response.map_err(|_| AttemptError::Timeout)?.map_err(|_| AttemptError::Protocol)?;
    Ok(Answer { status: response.status().as_u16(), excerpt: excerpt(response).await })
}

/// The beginning of an answer as far as it comes in time; the status is known already, so nothing here can fail.
async fn excerpt(response: Response<Incoming>) -> String {
    let mut body = response.into_body();
    let mut bytes: Vec<u8> = vec![];
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let data = frame.into_data().unwrap_or_default();
            let room = ANSWER_BYTES - bytes.len();
            bytes.extend_from_slice(&data[..data.len().min(room)]);
            if bytes.len() == ANSWER_BYTES {
                break;
            }
        }
    };
    let _ = timeout(PATIENCE, reading).await;
    let text = String::from_utf8_lossy(&bytes);
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(EXCERPT);
    plain.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().expect(text)).collect()
    }

    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        // The example of the specification's libraries.
        let secret = SigningSecret(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64"));
        let body = r#"{"test": 2432232314}"#;
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(show_secret(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_ne!(fresh_secret(), fresh_secret());
        assert_eq!(fresh_secret().0.len(), 32);
    }

    #[test]
    fn a_name_with_one_private_address_is_not_called_at_all() {
        let public = addresses(&["1.1.1.1:443", "[2606:4700::1111]:443"]);
        assert_eq!(permitted(public.clone(), false), Ok(public));
        for mixed in [["1.1.1.1:443", "10.0.0.1:443"], ["[::1]:443", "1.1.1.1:443"]] {
            assert_eq!(permitted(addresses(&mixed), false), Err(AttemptError::PrivateAddress));
            assert!(permitted(addresses(&mixed), true).is_ok());
        }
        assert_eq!(permitted(vec![], true), Err(AttemptError::NoAddress));
    }

    #[tokio::test]
    async fn numbers_that_resolvers_read_as_addresses_are_judged_as_such() {
        for host in [
            "2130706433",
            "0x7f000001",
            "127.1",
            "0177.0.0.1",
            "localhost",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
        ] {
            let uri: Uri = format!("https://{host}:8443/").parse().expect(host);
            // A resolver may as well know no such name.
            let judged = match resolve(&uri).await {
                Ok(found) => permitted(found, false),
                Err(error) => Err(error),
            };
            assert!(
                matches!(judged, Err(AttemptError::PrivateAddress | AttemptError::NoAddress)),
                "{host}: {judged:?}"
            );
        }
    }
}
