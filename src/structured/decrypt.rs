//! Decrypt Structure (`decrypt-path-structure.md`). Nothing is decrypted before the commitment and the footer
//! have verified.

use core::ops::Range;

use zeroize::Zeroizing;

use crate::crypto::{Hash, Hkdf};
use crate::error::{Check, Error, Part, Result};
use crate::materials::{
    Cmm, CommitmentPolicy, DecryptionMaterials, DecryptionRequest, EncryptionContext,
};
use crate::util::sort::ascending;

use super::encrypt::extend_context;
use super::path::{PathWriter, path_order};
use super::record::{CanonicalHash, FieldKeys};
use super::{CryptoAction, Header, ParsedHeader, TypeId, footer};

/// A signed field of a sealed record; see [`decrypt`].
pub struct SealedField<'a> {
    /// Its name, unique in the record.
    pub name: &'a str,
    /// How its value is to be read.
    pub type_id: TypeId,
    /// Its value in canonical form.
    pub value: std::borrow::Cow<'a, [u8]>,
}

/// A record to open, for [`decrypt`].
pub struct DecryptRequest<'a> {
    /// Logical name of the table.
    pub table: &'a str,
    /// Value of `aws_dbe_head`.
    pub header: &'a [u8],
    /// Value of `aws_dbe_foot`.
    pub footer: &'a [u8],
    /// The fields that the reader expects the signature to cover.
    pub fields: &'a [SealedField<'a>],
    /// The encryption context that was given on encryption.
    pub context: EncryptionContext,
    /// The most encrypted data keys that the header may have; no keyring is asked when there are more.
    pub max_encrypted_data_keys: Option<u8>,
    /// Where the materials come from.
    pub cmm: &'a dyn Cmm,
}

/// An opened record: [`decrypt`] returns it.
pub struct Opened {
    plaintext: Zeroizing<Vec<u8>>,
    spans: Vec<(usize, TypeId, Range<usize>)>,
    /// What the header says.
    pub parsed: ParsedHeader,
}

impl Opened {
    /// Index, type and plaintext of each field that was encrypted, in path order.
    pub fn fields(&self) -> impl Iterator<Item = (usize, TypeId, &[u8])> {
        self.spans.iter().map(|(i, type_id, span)| {
            // Invariant: the spans were made with the buffer.
            (*i, *type_id, self.plaintext.get(span.clone()).unwrap_or_default())
        })
    }
}

/// Opens a record (`decrypt-path-structure.md`).
///
/// # Errors
/// [`Fault::Malformed`](crate::error::Fault::Malformed) for a header or a footer that is not one;
/// [`Fault::Unauthentic`](crate::error::Fault::Unauthentic) if a signed field was changed, added or taken away, or the context is
/// another; [`Fault::Limit`](crate::error::Fault::Limit) for too many encrypted data keys; those of the CMM.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{DefaultCmm, EncryptionContext, RawAesKeyring};
/// use fieldseal::structured::{self, DecryptRequest, Opened, SealedField, TypeId};
/// # use fieldseal::materials::Suite;
/// # use fieldseal::structured::{CryptoAction, EncryptRequest, Field};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// # let field = |name, action, value: &'static str| Field {
/// #     name,
/// #     action,
/// #     type_id: TypeId::STRING,
/// #     value: value.as_bytes().into(),
/// # };
/// # let fields = [
/// #     field("id", CryptoAction::SignOnly, "c-1"),
/// #     field("ssn", CryptoAction::EncryptAndSign, "078-05-1120"),
/// # ];
/// # let (table, context, suite) = ("customers", EncryptionContext::new(), Suite::by_id(0x6700));
/// # let (fields, max_encrypted_data_keys) = (&fields, None);
/// # let request = EncryptRequest { table, fields, context, suite, max_encrypted_data_keys, cmm: &cmm };
/// # let sealed = structured::encrypt(request).await?;
/// # let ssn = &sealed.ciphertexts[0].1;
/// // `sealed` is a record of two fields, of which `ssn` was encrypted.
/// let fields = [
///     SealedField { name: "id", type_id: TypeId::STRING, value: b"c-1".into() },
///     SealedField { name: "ssn", type_id: TypeId::BINARY, value: ssn.into() },
/// ];
/// let request = |footer| DecryptRequest {
///     table: "customers",
///     header: &sealed.header,
///     footer,
///     fields: &fields,
///     context: EncryptionContext::new(),
///     max_encrypted_data_keys: Some(32),
///     cmm: &cmm,
/// };
/// let opened: Opened = structured::decrypt(request(&sealed.footer)).await?;
/// let decrypted: Vec<_> = opened.fields().collect();
/// assert_eq!(decrypted, [(1, TypeId::STRING, &b"078-05-1120"[..])]);
///
/// let mut footer = sealed.footer.clone();
/// footer[0] ^= 1;
/// let changed = structured::decrypt(request(&footer)).await;
/// assert_eq!(changed.err().unwrap().code(), "SIGNATURE_MISMATCH");
/// # Ok(())
/// # });
/// ```
pub async fn decrypt(request: DecryptRequest<'_>) -> Result<Opened> {
    let DecryptRequest { table, header: header_bytes, footer, fields, mut context, cmm, .. } =
        request;
    let header = Header::parse(header_bytes)?;
    header.check_keys(request.max_encrypted_data_keys)?;
    let signed = resolve_legend(&header, fields)?;
    let marked = signed
        .iter()
        .filter(|(_, action)| *action == CryptoAction::SignAndIncludeInEncryptionContext)
        .map(|&(i, _)| (fields[i].name, fields[i].type_id, &*fields[i].value));
    if extend_context(&mut context, marked)? != header.version {
        return Err(Error::malformed(Part::Header, "its legend does not match its version"));
    }

    let materials = cmm
        .for_decryption(DecryptionRequest {
            suite: header.suite,
            policy: CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
            encrypted_data_keys: &header.encrypted_data_keys,
            stored: &header.stored_context,
            reproduced: &context,
        })
        .await?;
    materials.check(header.suite)?;
    let keys = Hkdf::extract(Hash::Sha512, &[], &materials.data_key);
    header.check_commitment(header_bytes, &keys)?;
    let hash = canonical_hash(table, header_bytes, fields, &signed, &materials)?;
    footer::check(footer, header.encrypted_data_keys.len(), &materials, &hash).await?;

    let (plaintext, spans) = open_fields(table, fields, &signed, &keys, &header.message_id)?;
    let mut actions = vec![CryptoAction::DoNothing; fields.len()];
    signed.iter().for_each(|&(i, action)| actions[i] = action);
    let parsed = ParsedHeader {
        suite: header.suite,
        stored_context: header.stored_context,
        context: materials.context.clone(),
        encrypted_data_keys: header.encrypted_data_keys,
        actions,
    };
    Ok(Opened { plaintext, spans, parsed })
}

/// The signed fields in path order, each with the action that the header's legend gives it.
fn resolve_legend(
    header: &Header,
    fields: &[SealedField<'_>],
) -> Result<Vec<(usize, CryptoAction)>> {
    let signed = ascending(fields.len(), &|a, b| path_order(fields[a].name, fields[b].name));
    let actions = header
        .legend
        .iter()
        .map(|&byte| CryptoAction::from_legend(byte))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Error::malformed(Part::Header, "an unknown byte in its legend"))?;
    if actions.len() != signed.len() {
        let (signed, found) = (actions.len(), signed.len());
        return Err(Error::unauthentic(Check::SignedAttributes { signed, found }));
    }
    Ok(signed.into_iter().zip(actions).collect())
}

fn canonical_hash(
    table: &str,
    header: &[u8],
    fields: &[SealedField<'_>],
    signed: &[(usize, CryptoAction)],
    materials: &DecryptionMaterials,
) -> Result<[u8; 48]> {
    let mut hash = CanonicalHash::new(header, &materials.aad);
    let mut paths = PathWriter::new(table);
    for &(i, action) in signed {
        let field = &fields[i];
        let path = paths.path(field.name);
        match action {
            CryptoAction::EncryptAndSign => {
                encrypted_value(field)?;
                hash.encrypted(path, &field.value);
            }
            _ => hash.plaintext(path, field.type_id, &field.value),
        }
    }
    Ok(hash.finish())
}

/// An encrypted field's inner type and sealed bytes.
fn encrypted_value<'a>(field: &'a SealedField<'_>) -> Result<(TypeId, &'a [u8])> {
    match field.value.split_first_chunk::<2>() {
        Some((inner, sealed)) if field.type_id == TypeId::BINARY => Ok((TypeId(*inner), sealed)),
        _ => Err(Error::malformed(
            Part::Ciphertext,
            "it was encrypted, but this is not a ciphertext",
        )
        .of_attribute(field.name)),
    }
}

type Plaintexts = (Zeroizing<Vec<u8>>, Vec<(usize, TypeId, Range<usize>)>);

fn open_fields(
    table: &str,
    fields: &[SealedField<'_>],
    signed: &[(usize, CryptoAction)],
    keys: &Hkdf,
    message_id: &[u8],
) -> Result<Plaintexts> {
    let encrypted =
        || signed.iter().filter(|(_, a)| *a == CryptoAction::EncryptAndSign).map(|&(i, _)| i);
    // All the room at once, so that no reallocation leaves plaintext behind.
    let room = encrypted().map(|i| fields[i].value.len()).sum();
    let mut plaintext = Zeroizing::new(Vec::with_capacity(room));
    let count = encrypted().count();
    let mut keys = FieldKeys::new(keys, message_id, count)?;
    let mut spans = Vec::with_capacity(count);
    let mut paths = PathWriter::new(table);
    for i in encrypted() {
        let field = &fields[i];
        let (key, nonce) = keys.next()?;
        let (inner, sealed) = encrypted_value(field)?;
        let start = plaintext.len();
        key.open(nonce, paths.path(field.name), sealed, &mut plaintext)
            .map_err(|_| Error::unauthentic(Check::AttributeTag).of_attribute(field.name))?;
        spans.push((i, inner, start..plaintext.len()));
    }
    Ok((plaintext, spans))
}
