//! The TLS of the client: trust, our own certificate, and none of it where nothing is encrypted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::failure::{is_authority_as_server, tls_error};
use super::options::{Destination, SetupError};

/// So long a server may take to return a greeting.
const GREETING: Duration = Duration::from_secs(2);

/// What TLS connections are checked and made with.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM file of authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the certificate that we show, with its chain.
    pub client_cert: Option<PathBuf>,
    /// PEM file of its key; the certificate's own file where there is none.
    pub client_key: Option<PathBuf>,
    /// Whether any certificate is taken: worth a banner.
    pub insecure: bool,
}

impl Tls {
    /// The configuration for https, or, where nothing is `encrypted`, one that trusts nobody.
    ///
    /// # Errors
    ///
    /// As a file cannot be used, or the system has no authorities that it trusts.
    pub fn client(&self, encrypted: bool) -> Result<ClientConfig, SetupError> {
        if encrypted { Ok(config(self)?.0) } else { none() }
    }
}

/// A configuration that trusts nobody, for plain http: the system's roots are not even read.
///
/// # Errors
///
/// [`SetupError::Tls`].
pub(super) fn none() -> Result<ClientConfig, SetupError> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The configuration for https, and who checks certificates in it.
///
/// # Errors
///
/// [`SetupError::File`] for a file that cannot be used, [`SetupError::Tls`] for anything else.
pub(super) fn config(tls: &Tls) -> Result<(ClientConfig, Arc<Verifier>), SetupError> {
    let verifier = Arc::new(Verifier::new(tls)?);
    let builder = builder()?.dangerous().with_custom_certificate_verifier(Arc::clone(&verifier) as _);
    let Some(cert) = &tls.client_cert else {
        return Ok((builder.with_no_client_auth(), verifier));
    };
    let key_file = tls.client_key.as_ref().unwrap_or(cert);
    let key = pem(key_file)
        .and_then(|pem| PrivateKeyDer::from_pem_slice(&pem))
        .map_err(|error| SetupError::file(key_file, pem_words(&error, "no private key in PEM form in it")))?;
    let config = builder
        .with_client_auth_cert(certificates(cert)?, key)
        .map_err(|_| SetupError::file(key_file, "not the key of the client certificate"))?;
    Ok((config, verifier))
}

/// Whether TLS is spoken there, where plain HTTP was tried. Nothing is sent but the greeting.
pub(super) async fn is_spoken(there: &Destination) -> bool {
    let (Ok(config), Ok(name)) = (none(), ServerName::try_from(there.host.to_string())) else {
        return false;
    };
    let greeted = async {
        let stream = TcpStream::connect((&*there.host, there.port)).await?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.map(drop)
    };
    match tokio::time::timeout(GREETING, greeted).await {
        Ok(Ok(())) => true,
        // It is enough that there is something to object to in a certificate.
        Ok(Err(error)) => tls_error(&error).is_some_and(|error| {
            !matches!(error, rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. })
        }),
        Err(_) => false,
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, SetupError> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|_| SetupError::Tls("no TLS version to speak"))
}

/// What is in a file of PEM, without the byte-order mark that some editors put before it.
fn pem(path: &Path) -> Result<Vec<u8>, rustls::pki_types::pem::Error> {
    let mut bytes = std::fs::read(path).map_err(rustls::pki_types::pem::Error::Io)?;
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    const NONE: &str = "no certificate in PEM form in it";
    match pem(path).and_then(|pem| CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>()) {
        Ok(all) if all.is_empty() => Err(SetupError::file(path, NONE)),
        Ok(all) => Ok(all),
        Err(error) => Err(SetupError::file(path, pem_words(&error, NONE))),
    }
}

/// Words for an error that may hold parts of the file.
fn pem_words(error: &rustls::pki_types::pem::Error, otherwise: &'static str) -> &'static str {
    match error {
        rustls::pki_types::pem::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::NotFound => "no such file",
            std::io::ErrorKind::PermissionDenied => "we may not read it",
            _ => "it cannot be read",
        },
        _ => otherwise,
    }
}

/// Checks certificates, and keeps the first chain that was shown.
#[derive(Debug)]
pub(super) struct Verifier {
    /// The system's judge; `None` takes any certificate, for `--insecure`. The handshake's signatures are
    /// checked all the same.
    judge: Option<rustls_platform_verifier::Verifier>,
    /// Those of `--ca-file`. A server may show one itself, though it is an authority's: `openssl req -x509`
    /// makes no other. Name and dates have to fit as ever.
    named: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    chain: OnceLock<Vec<CertificateDer<'static>>>,
}

impl Verifier {
    fn new(tls: &Tls) -> Result<Verifier, SetupError> {
        let (provider, chain) = (provider(), OnceLock::new());
        if tls.insecure {
            return Ok(Verifier { judge: None, named: Vec::new(), provider, chain });
        }
        let named = tls.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let judge =
            rustls_platform_verifier::Verifier::new_with_extra_roots(named.clone(), Arc::clone(&provider));
        let judge = judge.map_err(|error| match (error, &tls.ca_file) {
            (rustls::Error::General(_), _) => {
                SetupError::Tls("this system has no trusted authorities; name some with --ca-file")
            }
            (_, Some(path)) => SetupError::file(path, "not a certificate of an authority"),
            _ => SetupError::Tls("the system's trusted authorities cannot be used"),
        })?;
        Ok(Verifier { judge: Some(judge), named, provider, chain })
    }

    /// The chain, the server's own certificate first; empty where none was shown.
    pub(super) fn chain(&self) -> &[CertificateDer<'static>] {
        self.chain.get().map_or(&[], Vec::as_slice)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(own).chain(others).map(|der| der.clone().into_owned());
        self.chain.get_or_init(|| chain.collect());
        let Some(judge) = &self.judge else { return Ok(ServerCertVerified::assertion()) };
        let judged = judge.verify_server_cert(own, others, name, ocsp, now);
        let Err(rustls::Error::InvalidCertificate(error)) = &judged else { return judged };
        if !(is_authority_as_server(error) && self.named.contains(own)) {
            return judged;
        }
        check_use(own, now)?;
        verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether a certificate may be a server's at this time.
fn check_use(own: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
    let (_, read) = X509Certificate::from_der(own).map_err(|_| CertificateError::BadEncoding)?;
    let now = now.as_secs() as i64;
    if now < read.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > read.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    let uses = read.extended_key_usage().map_err(|_| CertificateError::BadEncoding)?;
    if uses.is_some_and(|uses| !uses.value.server_auth && !uses.value.any) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn a_certificate_is_used_in_its_time_and_for_its_purpose() {
        let judged = |uses: Vec<ExtendedKeyUsagePurpose>, unix: u64| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec!["im.example".to_owned()]).unwrap();
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
            params.extended_key_usages = uses;
            let certificate = params.self_signed(&key).unwrap();
            check_use(certificate.der(), UnixTime::since_unix_epoch(Duration::from_secs(unix)))
        };
        let (before, within, after) = (978_300_000, 990_000_000, 1_009_900_000);
        assert_eq!(judged(vec![], within), Ok(()));
        assert_eq!(judged(vec![], before), Err(CertificateError::NotValidYet.into()));
        assert_eq!(judged(vec![], after), Err(CertificateError::Expired.into()));
        assert_eq!(judged(vec![ExtendedKeyUsagePurpose::ServerAuth], within), Ok(()));
        let client = judged(vec![ExtendedKeyUsagePurpose::ClientAuth], within);
        assert_eq!(client, Err(CertificateError::InvalidPurpose.into()));
    }
}
