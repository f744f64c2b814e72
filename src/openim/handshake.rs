//! One TLS handshake for its own sake: what the server shows of itself, and whether that is accepted.
//!
//! Trust, client certificate and versions are those of the client's requests; nothing is sent over
//! the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{Error as TlsError, ProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::presence::FetchError;

use super::client::Inner;
use super::failure;
use super::tls;

/// So long a server may take to return a greeting.
const GREETING: Duration = Duration::from_secs(2);

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

impl Inner {
    /// One handshake with the server itself at `address`.
    ///
    /// # Errors
    ///
    /// [`FetchError`], where it came to nothing that can be looked at.
    pub(super) async fn handshake(&self, address: SocketAddr) -> Result<Handshake, FetchError> {
        let broken = |what: &str| FetchError::Unreachable { what: what.into() };
        let (config, witness) = tls::witnessed(&self.tls).map_err(|error| broken(&error.to_string()))?;
        let name = ServerName::try_from(self.destination.host.to_string());
        let name = name.map_err(|_| broken("the host's name cannot stand in a certificate"))?;
        let connected = async {
            let stream = TcpStream::connect(address).await;
            let stream = stream.map_err(|error| failure::of_connection(&error, self.peer()))?;
            Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await)
        };
        let Ok(connected) = tokio::time::timeout(self.timeout, connected).await else {
            return Err(FetchError::Timeout { after_ms: self.timeout.as_millis() as u64 });
        };
        let connected = connected?;
        let chain = witness.chain().iter().map(|certificate| certificate.to_vec()).collect();
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

    /// Whether the server speaks TLS where it was spoken to in plain HTTP. Nothing is sent but the greeting.
    pub(super) async fn speaks_tls(&self) -> bool {
        let (host, port) = (self.destination.host.to_string(), self.destination.port);
        let (Ok(config), Ok(name)) = (tls::none(), ServerName::try_from(host.clone())) else { return false };
        let greeted = async {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            TlsConnector::from(Arc::new(config)).connect(name, stream).await.map(drop)
        };
        match tokio::time::timeout(GREETING, greeted).await {
            Ok(Ok(())) => true,
            // It is enough that there is something to object to in a certificate.
            Ok(Err(error)) => failure::tls_error(&error).is_some_and(|error| {
                !matches!(error, TlsError::InvalidMessage(_) | TlsError::InappropriateMessage { .. })
            }),
            Err(_) => false,
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
