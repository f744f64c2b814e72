//! An authority that only the tests know, and certificates for 127.0.0.1.

use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConfig};

/// The authority's certificate in PEM form, and acceptors with: a certificate of its own making,
/// one for another name, one that has expired, one that nobody signed.
pub fn all() -> (String, [TlsAcceptor; 4]) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, "an authority of our own");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(params, key);
    let here = || CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let elsewhere = CertificateParams::new(vec!["im.example".to_owned()]).expect("parameters");
    let mut expired = here();
    expired.not_before = date_time_ymd(2001, 1, 1);
    expired.not_after = date_time_ymd(2002, 1, 1);
    let acceptors = [
        acceptor(&here(), Some(&issuer)),
        acceptor(&elsewhere, Some(&issuer)),
        acceptor(&expired, Some(&issuer)),
        acceptor(&here(), None),
    ];
    (pem, acceptors)
}

/// A certificate for `name` that signed itself in PEM form, and an acceptor with it; it ended in 2002 where
/// it is an old one.
pub fn self_signed(name: &str, is_authority: bool, is_old: bool) -> (String, TlsAcceptor) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    if is_old {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    }
    params.is_ca = if is_authority { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), acceptor_of(&certificate, &key))
}

fn acceptor(params: &CertificateParams, issuer: Option<&Issuer<'_, KeyPair>>) -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    acceptor_of(&certificate.expect("a certificate"), &key)
}

fn acceptor_of(certificate: &Certificate, key: &KeyPair) -> TlsAcceptor {
    let chain = vec![certificate.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}
