//! In place of the crate `p256` where no floor above uses P-256: types without values, so that what names them compiles
//! to nothing. There is no key, hence no signature.

pub(super) mod ecdsa {
    use core::ops::Neg;

    use p384::ecdsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
    use p384::ecdsa::signature::rand_core::TryCryptoRng;

    pub(in crate::crypto) use p384::ecdsa::{Error, signature};

    type Result<T> = core::result::Result<T, Error>;

    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Never {}

    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(in crate::crypto) struct Absent(Never);

    pub(in crate::crypto) type SigningKey = Absent;
    pub(in crate::crypto) type VerifyingKey = Absent;
    pub(in crate::crypto) type Signature = Absent;

    impl Absent {
        pub(in crate::crypto) fn from_slice(_: &[u8]) -> Result<Self> {
            Err(Error::new())
        }

        pub(in crate::crypto) fn from_sec1_bytes(_: &[u8]) -> Result<Self> {
            Err(Error::new())
        }

        pub(in crate::crypto) fn from_der(_: &[u8]) -> Result<Self> {
            Err(Error::new())
        }

        pub(in crate::crypto) fn from_scalars(r: Self, _: Self) -> Result<Self> {
            match r.0 {}
        }

        pub(in crate::crypto) fn verifying_key(&self) -> &Self {
            self
        }

        pub(in crate::crypto) fn to_sec1_point(&self, _: bool) -> Self {
            self.clone()
        }

        pub(in crate::crypto) fn as_bytes(&self) -> &[u8] {
            match self.0 {}
        }

        pub(in crate::crypto) fn r(&self) -> Self {
            self.clone()
        }

        pub(in crate::crypto) fn s(&self) -> Self {
            self.clone()
        }

        pub(in crate::crypto) fn to_der(&self) -> Self {
            self.clone()
        }

        pub(in crate::crypto) fn to_bytes(&self) -> Box<[u8]> {
            match self.0 {}
        }
    }

    impl Neg for Absent {
        type Output = Self;

        fn neg(self) -> Self {
            self
        }
    }

    impl PrehashVerifier<Self> for Absent {
        fn verify_prehash(&self, _: &[u8], _: &Self) -> Result<()> {
            match self.0 {}
        }
    }

    impl RandomizedPrehashSigner<Self> for Absent {
        fn sign_prehash_with_rng<R: TryCryptoRng + ?Sized>(
            &self,
            _: &mut R,
            _: &[u8],
        ) -> Result<Self> {
            match self.0 {}
        }
    }
}
