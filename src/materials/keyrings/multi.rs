//! Multi-keyring (`multi-keyring.md`): every keyring wraps, any keyring opens.

use std::rc::Rc;

use crate::error::{Error, Reasons, Result, Rule};
use crate::host::LocalFuture;

use super::super::{EncryptionMaterials, Keyring, OpenRequest, OpenedKey};

/// An optional generator, which makes the data key, and children, which wrap it too.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{
///     EncryptionContext, EncryptionMaterials, Keyring, MultiKeyring, RawAesKeyring, Suite,
/// };
///
/// # fieldseal_doctest::run(async {
/// let key = |name: &str, byte| {
///     RawAesKeyring::new("shop".into(), name.into(), vec![byte; 32][..].into()).map(Rc::new)
/// };
/// let keyring = MultiKeyring::new(Some(key("of-today", 1)?), vec![key("for-recovery", 2)?])?;
///
/// let suite = Suite::by_id(0x6700).unwrap();
/// let materials = EncryptionMaterials::new(suite, EncryptionContext::new(), vec![], None)?;
/// let sealed = keyring.wrap(materials).await?;
/// let names: Vec<_> = sealed.encrypted_data_keys().iter().map(|key| key.key_name()).collect();
/// assert_eq!(names, [Some("of-today"), Some("for-recovery")]); // either opens it
///
/// // While the service of a child is down, the others go on.
/// let keyring = MultiKeyring::new(Some(key("here", 1)?), vec![key("far-away", 2)?])?;
/// assert!(keyring.skipping_unavailable().serves_signing_suites());
///
/// assert_eq!(MultiKeyring::new(None, vec![]).err().unwrap().code(), "INVALID_CONFIG");
/// # Ok(())
/// # });
/// ```
pub struct MultiKeyring {
    generator: Option<Rc<dyn Keyring>>,
    children: Vec<Rc<dyn Keyring>>,
    #[cfg(feature = "kms-admin")]
    skips_unavailable: bool,
}

impl MultiKeyring {
    /// Without a generator, the keyring opens, and wraps only data keys that there are already.
    ///
    /// # Errors
    /// [`Fault::Misuse`](crate::error::Fault::Misuse) with [`Rule::Config`] when there is neither a generator nor a child.
    pub fn new(generator: Option<Rc<dyn Keyring>>, children: Vec<Rc<dyn Keyring>>) -> Result<Self> {
        if generator.is_none() && children.is_empty() {
            let problem = "a multi-keyring needs a generator or at least one child";
            return Err(Error::misuse(Rule::Config, problem));
        }
        Ok(Self {
            generator,
            children,
            #[cfg(feature = "kms-admin")]
            skips_unavailable: false,
        })
    }

    /// The same, which encrypts without the children whose service cannot be reached, takes too long, throttles or fails, after
    /// its client's repetitions; never without one that refuses. The specification has encryption fail with any child: here a
    /// Region that is down does not stop the others. The encrypted data keys say which children wrapped.
    #[cfg(feature = "kms-admin")]
    #[must_use]
    pub fn skipping_unavailable(self) -> Self {
        Self { skips_unavailable: true, ..self }
    }

    fn all(&self) -> impl Iterator<Item = &Rc<dyn Keyring>> {
        self.generator.iter().chain(&self.children)
    }
}

impl Keyring for MultiKeyring {
    fn wrap(
        &self,
        mut materials: EncryptionMaterials,
    ) -> LocalFuture<'_, Result<EncryptionMaterials>> {
        Box::pin(async move {
            match (&self.generator, materials.data_key()) {
                (Some(_), Some(_)) => {
                    let problem = "a multi-keyring with a generator was given a data key already";
                    return Err(Error::misuse(Rule::Keyring, problem));
                }
                (None, None) => {
                    let problem = "a multi-keyring without a generator can only decrypt";
                    return Err(Error::misuse(Rule::Keyring, problem));
                }
                _ => {}
            }
            if let Some(generator) = &self.generator {
                materials = generator.wrap(materials).await?;
            }
            for child in &self.children {
                #[cfg(feature = "kms-admin")]
                if self.skips_unavailable {
                    match child.wrap(materials.clone()).await {
                        Err(error) if error.may_pass() => {}
                        wrapped => materials = wrapped?,
                    }
                    continue;
                }
                materials = child.wrap(materials).await?;
            }
            Ok(materials)
        })
    }

    fn open<'a>(&'a self, request: OpenRequest<'a>) -> LocalFuture<'a, Result<OpenedKey>> {
        Box::pin(async move {
            let mut reasons = Reasons::default();
            for keyring in self.all() {
                match keyring.open(request).await {
                    Ok(opened) => return Ok(opened),
                    Err(error) => reasons.add(error),
                }
            }
            Err(reasons.into_error())
        })
    }

    fn serves_signing_suites(&self) -> bool {
        self.all().all(|keyring| keyring.serves_signing_suites())
    }
}
