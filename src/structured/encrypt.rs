//! Encrypt Structure (`encrypt-path-structure.md`).

use crate::crypto::{Hash, Hkdf, random_array};
use crate::error::{Error, Result, Rule};
use crate::materials::{
    Cmm, CommitmentPolicy, EncryptionContext, EncryptionMaterials, EncryptionRequest, Suite,
};
use crate::util::sort::{ascending, sorted};

use super::field::context_value;
use super::path::{PathWriter, path_order};
use super::record::{CanonicalHash, FieldKeys};
use super::{CryptoAction, Field, Header, ParsedHeader, RESERVED_FIELD_PREFIX, RecordVersion};
use super::{TypeId, footer};

/// A record to seal, for [`encrypt`].
pub struct EncryptRequest<'a> {
    /// Logical name of the table: part of every field's path.
    pub table: &'a str,
    /// The fields.
    pub fields: &'a [Field<'a>],
    /// Encryption context. None of it is stored: whoever opens the record must give it again.
    pub context: EncryptionContext,
    /// The suite; by default the policy's.
    pub suite: Option<&'static Suite>,
    /// The most encrypted data keys that the header may have.
    pub max_encrypted_data_keys: Option<u8>,
    /// Where the materials come from.
    pub cmm: &'a dyn Cmm,
}

/// A sealed record: what to replace and what to add. [`encrypt`] returns it.
pub struct Sealed {
    /// Value of `aws_dbe_head`.
    pub header: Vec<u8>,
    /// Value of `aws_dbe_foot`.
    pub footer: Vec<u8>,
    /// For each encrypted field its index and its new value, of type [`TypeId::BINARY`].
    pub ciphertexts: Vec<(usize, Vec<u8>)>,
    /// What the header says.
    pub parsed: ParsedHeader,
}

/// Seals a record (`encrypt-path-structure.md`).
///
/// # Errors
/// [`Fault::Misuse`](crate::error::Fault::Misuse) for a name that occurs twice or is reserved ([`RESERVED_FIELD_PREFIX`]), for a
/// record of which nothing is signed, and for a suite of messages; [`Fault::Limit`](crate::error::Fault::Limit) for too many
/// encrypted data keys; those of the CMM.
///
/// ```
/// use std::rc::Rc;
///
/// use fieldseal::materials::{DefaultCmm, EncryptionContext, RawAesKeyring, Suite};
/// use fieldseal::structured::{self, CryptoAction, EncryptRequest, Field, Sealed, TypeId};
///
/// # fieldseal_doctest::run(async {
/// # let keyring = RawAesKeyring::new("shop".into(), "key-1".into(), vec![7; 32][..].into())?;
/// # let cmm = DefaultCmm::new(Rc::new(keyring));
/// let field = |name, action, value: &'static str| Field {
///     name,
///     action,
///     type_id: TypeId::STRING,
///     value: value.as_bytes().into(),
/// };
/// let fields = [
///     field("id", CryptoAction::SignOnly, "c-1"),
///     field("ssn", CryptoAction::EncryptAndSign, "078-05-1120"),
///     field("views", CryptoAction::DoNothing, "12"),
/// ];
/// let mut context = EncryptionContext::new();
/// context.insert("purpose", "customers")?;
/// let sealed: Sealed = structured::encrypt(EncryptRequest {
///     table: "customers",
///     fields: &fields,
///     context,
///     suite: Suite::by_id(0x6700),
///     max_encrypted_data_keys: None,
///     cmm: &cmm,
/// })
/// .await?;
/// let [(1, ssn)] = &sealed.ciphertexts[..] else { panic!("only `ssn` is encrypted") };
/// assert!(ssn.len() > "078-05-1120".len());
/// assert!(!sealed.header.is_empty() && !sealed.footer.is_empty());
/// assert_eq!(sealed.parsed.actions[2], CryptoAction::DoNothing);
/// # Ok(())
/// # });
/// ```
pub async fn encrypt(request: EncryptRequest<'_>) -> Result<Sealed> {
    let EncryptRequest { table, fields, mut context, suite, cmm, .. } = request;
    let signed = signed_in_path_order(fields)?;
    let version = add_context_fields(&mut context, fields)?;

    let materials = cmm
        .for_encryption(EncryptionRequest {
            required_keys: context.keys().map(str::to_owned).collect(),
            context,
            policy: CommitmentPolicy::DbeRequireEncryptRequireDecrypt,
            suite,
            plaintext_length: Some(plaintext_length(fields)),
        })
        .await?;
    let suite = materials.suite();
    CommitmentPolicy::DbeRequireEncryptRequireDecrypt.check_encrypt(suite)?;

    let header = Header {
        version,
        suite,
        message_id: random_array()?,
        legend: signed.iter().filter_map(|&i| fields[i].action.legend()).collect(),
        stored_context: materials.context().without(materials.required_keys()),
        encrypted_data_keys: materials.encrypted_data_keys().to_vec(),
    };
    header.check_keys(request.max_encrypted_data_keys)?;
    let (header_bytes, footer, ciphertexts) =
        seal_fields(table, fields, &signed, &header, &materials)?;
    let parsed = ParsedHeader {
        suite,
        stored_context: header.stored_context,
        context: materials.context().clone(),
        encrypted_data_keys: header.encrypted_data_keys,
        actions: fields.iter().map(|f| f.action).collect(),
    };
    Ok(Sealed { header: header_bytes, footer, ciphertexts, parsed })
}

/// Bytes that will be encrypted under the data key.
fn plaintext_length(fields: &[Field<'_>]) -> u64 {
    let encrypted = fields.iter().filter(|f| f.action == CryptoAction::EncryptAndSign);
    encrypted.map(|f| f.value.len() as u64).sum()
}

/// Indices of the signed fields in path order; fails on duplicate or reserved names and when nothing is signed.
fn signed_in_path_order(fields: &[Field<'_>]) -> Result<Vec<usize>> {
    let mut order = ascending(fields.len(), &|a, b| path_order(fields[a].name, fields[b].name));
    if let Some(pair) = order.windows(2).find(|p| fields[p[0]].name == fields[p[1]].name) {
        let name = fields[pair[0]].name;
        return Err(Error::misuse(Rule::Argument, "a field occurs twice").of_attribute(name));
    }
    if let Some(field) = fields.iter().find(|f| f.name.starts_with(RESERVED_FIELD_PREFIX)) {
        let problem = format!("names that begin with '{RESERVED_FIELD_PREFIX}' are reserved");
        return Err(Error::misuse(Rule::ReservedName, problem).of_attribute(field.name));
    }
    order.retain(|&i| fields[i].action.is_signed());
    if order.is_empty() {
        return Err(Error::misuse(Rule::Config, "at least one field must be signed"));
    }
    Ok(order)
}

/// Adds the fields marked for the encryption context to it; their presence decides the record's version.
fn add_context_fields(
    context: &mut EncryptionContext,
    fields: &[Field<'_>],
) -> Result<RecordVersion> {
    let marked = fields
        .iter()
        .filter(|f| f.action == CryptoAction::SignAndIncludeInEncryptionContext)
        .map(|f| (f.name, f.type_id, &*f.value));
    extend_context(context, marked)
}

/// The context that record version 2 adds (`encrypt-path-structure.md#calculate-encryption-context`).
pub(super) fn extend_context<'a>(
    context: &mut EncryptionContext,
    marked: impl Iterator<Item = (&'a str, TypeId, &'a [u8])>,
) -> Result<RecordVersion> {
    let (mut pairs, mut letters) = (Vec::new(), Vec::new());
    for (name, type_id, value) in marked {
        let key = format!("aws-crypto-attr.{name}");
        let (text, letter) = context_value(name, type_id, value)?;
        EncryptionContext::check_pair(&key, &text).map_err(|e| e.of_attribute(name))?;
        letters.push((key.clone(), letter));
        pairs.push((key, text));
    }
    if letters.is_empty() {
        return Ok(RecordVersion::V1);
    }
    // In the order of the context's keys, which is not that of the canonical paths.
    let letters = sorted(letters, |(a, _), (b, _)| a.cmp(b));
    let legend: String = letters.into_iter().map(|(_, letter)| letter).collect();
    pairs.push(("aws-crypto-legend".to_owned(), legend));
    context.extend(pairs)?;
    Ok(RecordVersion::V2)
}

type SealedParts = (Vec<u8>, Vec<u8>, Vec<(usize, Vec<u8>)>);

fn seal_fields(
    table: &str,
    fields: &[Field<'_>],
    signed: &[usize],
    header: &Header,
    materials: &EncryptionMaterials,
) -> Result<SealedParts> {
    let keys = Hkdf::extract(Hash::Sha512, &[], materials.checked_data_key()?);
    let header_bytes = header.seal(&keys)?;
    let encrypted = |i: &&usize| fields[**i].action == CryptoAction::EncryptAndSign;
    let count = signed.iter().filter(encrypted).count();
    let mut field_keys = FieldKeys::new(&keys, &header.message_id, count)?;
    let mut hash = CanonicalHash::new(&header_bytes, materials.aad());
    let mut paths = PathWriter::new(table);
    let mut ciphertexts = Vec::with_capacity(count);
    for &i in signed {
        let field = &fields[i];
        let path = paths.path(field.name);
        if field.action != CryptoAction::EncryptAndSign {
            hash.plaintext(path, field.type_id, &field.value);
            continue;
        }
        let (key, nonce) = field_keys.next()?;
        let mut sealed = Vec::with_capacity(2 + field.value.len() + 16);
        sealed.extend_from_slice(&field.type_id.0);
        key.seal(nonce, path, &field.value, &mut sealed)?;
        hash.encrypted(path, &sealed);
        ciphertexts.push((i, sealed));
    }
    let footer = footer::seal(materials, &hash.finish())?;
    Ok((header_bytes, footer, ciphertexts))
}
