//! One TLS handshake for its own sake: what the server shows of itself, and whether that is accepted.
//!
//! Trust, client certificate and versions are those of the client's requests; nothing is sent over
//! the connection.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ProtocolVersion;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::presence::FetchError;

use super::client::Client;
use super::failure;
use super::tls;

/// What the server showed of itself in a TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// `TLS 1.3`; `None` where we broke it off before it was known.
    pub protocol: Option<&'static str>,
    /// The cipher suite, as it is registered: `TLS13_AES_256_GCM_SHA384`.
    pub cipher: Option<Box<str>>,
    /// Certificates in DER form, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// Why the handshake failed: what happened and what to do. `None` where all went well.
    pub refused: Option<(Box<str>, &'static str)>,
}

impl Client {
    /// Makes a TLS connection to `address` as for a request to the server, looks at what it shows of
    /// itself, and closes it again.
    ///
    /// # Errors
    ///
    /// [`FetchError`], where there was no handshake to look at. A certificate that is not accepted is
    /// none: see [`Handshake::refused`].
    pub async fn handshake(&self, address: SocketAddr) -> Result<Handshake, FetchError> {
        let broken = |what: &str| FetchError::Unreachable { what: what.into() };
        let (config, verifier) = tls::config(&self.0.tls).map_err(|error| broken(&error.to_string()))?;
        let name = ServerName::try_from(self.0.destination.host.to_string());
        let name = name.map_err(|_| broken("the host's name cannot stand in a certificate"))?;
        let connected = async {
            let stream = TcpStream::connect(address).await;
            let stream = stream.map_err(|error| failure::of_connection(&error, self.peer()))?;
            Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await)
        };
        let Ok(connected) = tokio::time::timeout(self.0.timeout, connected).await else {
            return Err(FetchError::Timeout { after_ms: self.0.timeout.as_millis() as u64 });
        };
        let connected = connected?;
        let chain = verifier.chain().iter().map(|certificate| certificate.to_vec()).collect();
        match connected {
            Ok(stream) => {
                let (_, connection) = stream.get_ref();
                let cipher = connection.negotiated_cipher_suite();
                Ok(Handshake {
                    protocol: connection.protocol_version().and_then(protocol),
                    cipher: cipher.map(|cipher| format!("{:?}", cipher.suite()).into()),
                    chain,
                    refused: None,
                })
            }
            Err(error) if failure::is_broken_off(&error) => Err(failure::no_handshake()),
            Err(error) => match failure::of_connection(&error, self.peer()) {
                FetchError::Tls { what, advice } => {
                    Ok(Handshake { protocol: None, cipher: None, chain, refused: Some((what, advice)) })
                }
                error => Err(error),
            },
        }
    }
}

fn protocol(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}
