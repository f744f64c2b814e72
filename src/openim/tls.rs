//! The TLS of the client: trust, our own certificate, and none of it where nothing is encrypted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::failure::is_authority_as_server;
use super::options::SetupError;

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

/// A configuration that trusts nobody, for plain http: the system's roots are not even read.
///
/// # Errors
///
/// [`SetupError::Tls`].
pub(super) fn none() -> Result<ClientConfig, SetupError> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The configuration for https.
///
/// # Errors
///
/// [`SetupError::File`] for a file that cannot be used, [`SetupError::Tls`] for anything else.
pub(super) fn config(tls: &Tls) -> Result<ClientConfig, SetupError> {
    config_with(tls, verifier(tls)?)
}

/// The configuration for https, and what the server that it is used with first shows of itself.
///
/// # Errors
///
/// As [`config`].
pub(super) fn witnessed(tls: &Tls) -> Result<(ClientConfig, Arc<Witness>), SetupError> {
    let witness = Arc::new(Witness { judge: verifier(tls)?, chain: OnceLock::new() });
    Ok((config_with(tls, Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)?, witness))
}

/// Who says whether a certificate is accepted.
fn verifier(tls: &Tls) -> Result<Arc<dyn ServerCertVerifier>, SetupError> {
    if tls.insecure {
        return Ok(Arc::new(AnyCertificate(provider())));
    }
    let extra = tls.ca_file.as_deref().map(certificates).transpose()?.unwrap_or_default();
    let named = extra.clone();
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider());
    let judge = Arc::new(verifier.map_err(|error| match (error, &tls.ca_file) {
        (rustls::Error::General(_), _) => {
            SetupError::Tls("this system has no trusted authorities; name some with --ca-file")
        }
        (_, Some(path)) => SetupError::file(path, "not a certificate of an authority"),
        _ => SetupError::Tls("the system's trusted authorities cannot be used"),
    })?);
    Ok(if named.is_empty() { judge } else { Arc::new(NamedToo { judge, named }) })
}

fn config_with(tls: &Tls, verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, SetupError> {
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    let Some(cert) = &tls.client_cert else {
        return Ok(builder.with_no_client_auth());
    };
    let key_file = tls.client_key.as_ref().unwrap_or(cert);
    let key = pem(key_file)
        .and_then(|pem| PrivateKeyDer::from_pem_slice(&pem))
        .map_err(|error| SetupError::file(key_file, pem_words(&error, "no private key in PEM form in it")))?;
    builder
        .with_client_auth_cert(certificates(cert)?, key)
        .map_err(|_| SetupError::file(key_file, "not the key of the client certificate"))
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

/// Takes any certificate, for `--insecure`; the handshake's signatures are checked all the same.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Judges as another does, and takes a certificate that is in `--ca-file` itself though it is an authority's:
/// `openssl req -x509` makes no other. Name and dates have to fit as ever.
#[derive(Debug)]
struct NamedToo {
    judge: Arc<dyn ServerCertVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for NamedToo {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.judge.verify_server_cert(own, others, name, ocsp, now);
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
        self.judge.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
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

/// Judges as another does, and keeps the chain that was judged.
#[derive(Debug)]
pub(super) struct Witness {
    judge: Arc<dyn ServerCertVerifier>,
    chain: OnceLock<Vec<CertificateDer<'static>>>,
}

impl Witness {
    /// The chain, the server's own certificate first; empty where none was shown.
    pub(super) fn chain(&self) -> &[CertificateDer<'static>] {
        self.chain.get().map_or(&[], Vec::as_slice)
    }
}

impl ServerCertVerifier for Witness {
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
        self.judge.verify_server_cert(own, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
