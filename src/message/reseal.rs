//! A message under another key, or under the current version of its own: opened and sealed again piece by piece, the
//! plaintext never leaving the core. Not an operation of the specification; made of two that are.

use std::rc::Rc;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::materials::{Cmm, CommitmentPolicy, EncryptionContext, PUBLIC_KEY_KEY, Suite};

use super::{DecryptOptions, Decryptor, EncryptOptions, Encryptor, HeaderLimits};

/// How the new message is to be made; [`Resealer`] has an example.
pub struct ResealOptions {
    /// Where its materials come from.
    pub cmm: Rc<dyn Cmm>,
    /// Which suites are allowed.
    pub policy: CommitmentPolicy,
    /// Its suite; that of the old message when absent, if the policy allows it.
    pub suite: Option<&'static Suite>,
    /// Its encryption context; that of the old message when absent.
    pub context: Option<EncryptionContext>,
    /// Its frame length in bytes; that of the old message when absent.
    pub frame_length: Option<u32>,
    /// What its header may cost a reader.
    pub limits: HeaderLimits,
}

/// A message on its way to another key.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{CommitmentPolicy, DefaultCmm, EncryptionContext, RawAesKeyring, Suite};
/// use fieldseal::message::{DecryptOptions, HeaderLimits, ResealOptions, Resealer};
/// # use fieldseal::message::{EncryptOptions, Encryptor};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// # let policy = CommitmentPolicy::EsdkRequireEncryptRequireDecrypt;
/// # let (suite, context, max_plaintext) = (Suite::by_id(0x0478), EncryptionContext::new(), None);
/// # let (frame_length, limits) = (4096, HeaderLimits::default());
/// # let options = EncryptOptions { cmm: &cmm, policy, suite, context, frame_length, limits, max_plaintext };
/// # let mut message = Vec::new();
/// # let (header_len, _) = Encryptor::encrypt(options, b"hello", &mut message).await?;
/// # let old = Rc::new(cmm);
/// # let keyring = RawAesKeyring::new("shop".into(), "key-2".into(), vec![8; 32][..].into())?;
/// # let new = Rc::new(DefaultCmm::new(Rc::new(keyring)));
/// let reading = DecryptOptions {
///     policy,
///     reproduced: EncryptionContext::new(),
///     limits: HeaderLimits::default(),
///     max_frame_length: 1 << 20,
///     require_unsigned: false,
/// };
/// // As it was, but for the key.
/// let options = ResealOptions {
///     cmm: new,
///     policy,
///     suite: None,
///     context: None,
///     frame_length: None,
///     limits: HeaderLimits::default(),
/// };
/// let mut resealer = Resealer::new(reading, old, options);
/// let mut resealed = Vec::new();
/// let (first, rest) = message.split_at(header_len);
/// resealer.update(first, &mut resealed).await?;
/// let header = resealer.encryptor().expect("the old header was in it").header();
/// assert_eq!(header.encrypted_data_keys[0].key_name(), Some("key-2"));
/// resealer.finish(rest, &mut resealed).await?;
/// assert_eq!(resealed.len(), message.len());
/// # Ok(())
/// # });
/// ```
pub struct Resealer {
    decryptor: Decryptor,
    from: Rc<dyn Cmm>,
    to: ResealOptions,
    encryptor: Option<Encryptor>,
}

impl Resealer {
    /// A message of which nothing has been read: `from` opens it, as `reading` says; `to` says how it is sealed again.
    pub fn new(reading: DecryptOptions, from: Rc<dyn Cmm>, to: ResealOptions) -> Self {
        Self { decryptor: Decryptor::new(reading), from, to, encryptor: None }
    }

    /// The new message's header and full encryption context, once they are written.
    pub fn encryptor(&self) -> Option<&Encryptor> {
        self.encryptor.as_ref()
    }

    /// Takes more of the old message and appends what is complete of the new one.
    ///
    /// The new message is only to be used when [`finish`](Self::finish) has succeeded.
    ///
    /// # Errors
    /// Those of [`Decryptor::update`], [`Encryptor::begin`] and [`Encryptor::update`].
    pub async fn update(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let mut plaintext = Zeroizing::new(Vec::new());
        self.decryptor.update(bytes, &*self.from, &mut plaintext).await?;
        if self.encryptor.is_none() {
            self.begin(out).await?;
        }
        match &mut self.encryptor {
            Some(encryptor) => encryptor.update(&plaintext, out).await,
            None => Ok(()),
        }
    }

    /// Takes the rest of the old message and appends the rest of the new one.
    ///
    /// # Errors
    /// Those of [`update`](Self::update), [`Decryptor::finish`] and [`Encryptor::finish`].
    pub async fn finish(mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.update(bytes, out).await?;
        self.decryptor.finish()?;
        match self.encryptor {
            Some(encryptor) => encryptor.finish(&[], out).await,
            None => Ok(()),
        }
    }

    /// Begins the new message once the old one's header has verified.
    async fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let Some((header, context)) = self.decryptor.header() else { return Ok(()) };
        let context = match &self.to.context {
            Some(context) => context.clone(),
            // A signing suite brings its own key.
            None => context.without(&[PUBLIC_KEY_KEY.into()]),
        };
        let options = EncryptOptions {
            cmm: &*self.to.cmm,
            policy: self.to.policy,
            suite: Some(self.to.suite.unwrap_or(header.suite)),
            context,
            // A body without frames is read, and written as frames.
            frame_length: self.to.frame_length.unwrap_or(match header.frame_length {
                0 => super::DEFAULT_FRAME_LENGTH,
                length => length,
            }),
            limits: self.to.limits,
            max_plaintext: None,
        };
        self.encryptor = Some(Encryptor::begin(options, out).await?);
        Ok(())
    }
}
