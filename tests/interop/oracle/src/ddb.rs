use crate::av::{self, Item};
use crate::keyring::{ddb as kr, st};
use aws_db_esdk::dynamodb::operation::get_branch_key_id_from_ddb_key as by_key;
use aws_db_esdk::dynamodb::operation::get_partition_number as partition;
use aws_db_esdk::dynamodb::types as dt;
use aws_db_esdk::item_encryptor::{
    client as enc_client, types::dynamo_db_item_encryptor_config::DynamoDbItemEncryptorConfig,
};
use aws_db_esdk::material_providers::types::keyring::KeyringRef;
use aws_db_esdk::material_providers::types::DbeAlgorithmSuiteId as Suite;
use aws_db_esdk::CryptoAction;
use serde_json::{json, Value};
use std::collections::HashMap;
fn e<E: std::fmt::Debug>(x: E) -> String {
    format!("{x:?}")
}
fn action(s: &str) -> Result<CryptoAction, String> {
    Ok(match s {
        "ENCRYPT_AND_SIGN" => CryptoAction::EncryptAndSign,
        "SIGN_ONLY" => CryptoAction::SignOnly,
        "SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT" => CryptoAction::SignAndIncludeInEncryptionContext,
        "DO_NOTHING" => CryptoAction::DoNothing,
        x => return Err(format!("action {x}")),
    })
}
fn action_name(a: &CryptoAction) -> &'static str {
    match a {
        CryptoAction::EncryptAndSign => "ENCRYPT_AND_SIGN",
        CryptoAction::SignOnly => "SIGN_ONLY",
        CryptoAction::SignAndIncludeInEncryptionContext => "SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT",
        CryptoAction::DoNothing => "DO_NOTHING",
    }
}
fn suite(s: &str) -> Result<Suite, String> {
    Ok(match s {
        "0x6700" | "6700" | "ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_SYMSIG_HMAC_SHA384" => {
            Suite::AlgAes256GcmHkdfSha512CommitKeySymsigHmacSha384
        }
        "0x6701"
        | "6701"
        | "ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384_SYMSIG_HMAC_SHA384" => {
            Suite::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384SymsigHmacSha384
        }
        x => return Err(format!("suite {x}")),
    })
}
fn actions(c: &Value) -> Result<HashMap<String, CryptoAction>, String> {
    c["actions"]
        .as_object()
        .ok_or("config.actions")?
        .iter()
        .map(|(k, v)| Ok((k.clone(), action(v.as_str().unwrap_or(""))?)))
        .collect()
}
fn strs(v: &Value) -> Option<Vec<String>> {
    v.as_array().map(|a| a.iter().filter_map(|x| x.as_str().map(String::from)).collect())
}
fn pover(v: &Value) -> Result<Option<dt::PlaintextOverride>, String> {
    Ok(match v.as_str() {
        None => None,
        Some("FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ") => {
            Some(dt::PlaintextOverride::ForcePlaintextWriteAllowPlaintextRead)
        }
        Some("FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ") => {
            Some(dt::PlaintextOverride::ForbidPlaintextWriteAllowPlaintextRead)
        }
        Some("FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ") => {
            Some(dt::PlaintextOverride::ForbidPlaintextWriteForbidPlaintextRead)
        }
        Some(x) => return Err(format!("plaintext_override {x}")),
    })
}
/// Says that the branch key of an item is what stands before `#` in its partition key.
struct Tenants {
    partition_key: String,
}
impl dt::DynamoDbKeyBranchKeyIdSupplier for Tenants {
    fn get_branch_key_id_from_ddb_key(
        &self,
        input: by_key::GetBranchKeyIdFromDdbKeyInput,
    ) -> Result<by_key::GetBranchKeyIdFromDdbKeyOutput, dt::error::Error> {
        let key = input.ddb_key.unwrap_or_default();
        let id = key.get(&self.partition_key).and_then(|value| value.as_s().ok());
        let id = id.and_then(|text| text.split('#').next()).unwrap_or_default();
        by_key::GetBranchKeyIdFromDdbKeyOutput::builder()
            .branch_key_id(id)
            .build()
            .map_err(|x| dt::error::Error::DynamoDbEncryptionException { message: x.to_string() })
    }
}
/// The keyring of a table: one with `tenants` has a branch key for each, and finds it by the item's key.
async fn keyring(c: &Value) -> Result<KeyringRef, String> {
    let k = &c["keyring"];
    if !k["tenants"].is_array() {
        return kr::make(k).await;
    }
    let config = dt::DynamoDbEncryptionConfig::builder().build().map_err(e)?;
    let supplier = aws_db_esdk::dynamodb::client::Client::from_conf(config)
        .map_err(e)?
        .create_dynamo_db_encryption_branch_key_id_supplier()
        .ddb_key_branch_key_id_supplier(Tenants {
            partition_key: st(c, "partition_key")?.to_string(),
        })
        .send()
        .await
        .map_err(e)?
        .branch_key_id_supplier
        .ok_or("no supplier")?;
    kr::mpl()?
        .create_aws_kms_hierarchical_keyring()
        .branch_key_id_supplier(supplier)
        .key_store(kr::key_store(k)?)
        .ttl_seconds(600)
        .send()
        .await
        .map_err(e)
}
pub async fn encryptor(c: &Value) -> Result<enc_client::Client, String> {
    let k = keyring(c).await?;
    let mut b = DynamoDbItemEncryptorConfig::builder()
        .logical_table_name(st(c, "table")?)
        .partition_key_name(st(c, "partition_key")?)
        .attribute_actions_on_encrypt(actions(c)?);
    if let Some(s) = c["sort_key"].as_str() {
        b = b.sort_key_name(s);
    }
    if let Some(s) = c["unsigned_prefix"].as_str() {
        b = b.allowed_unsigned_attribute_prefix(s);
    }
    if let Some(s) = strs(&c["unsigned_attributes"]) {
        b = b.allowed_unsigned_attributes(s);
    }
    if let Some(s) = c["suite"].as_str() {
        b = b.algorithm_suite_id(suite(s)?);
    }
    if let Some(p) = pover(&c["plaintext_override"])? {
        b = b.plaintext_override(p);
    }
    b = match strs(&c["required_ec_keys"]) {
        Some(r) => b.cmm(kr::required_ec_cmm(k, r).await?),
        None => b.keyring(k),
    };
    enc_client::Client::from_conf(b.build().map_err(e)?).map_err(e)
}
pub fn header_json(h: &Option<aws_db_esdk::item_encryptor::types::ParsedHeader>) -> Value {
    let Some(h) = h else { return Value::Null };
    let mut acts: Vec<_> =
        h.attribute_actions_on_encrypt.clone().unwrap_or_default().into_iter().collect();
    acts.sort_by(|a, b| a.0.cmp(&b.0));
    json!({
        "algorithm_suite_id": h.algorithm_suite_id.map(|s| s.to_string()),
        "attribute_actions_on_encrypt": Value::Object(acts.into_iter().map(|(k, v)| (k, json!(action_name(&v)))).collect()),
        "encrypted_data_keys": h.encrypted_data_keys.clone().unwrap_or_default().iter().map(|k| json!({
            "provider_id": k.key_provider_id, "provider_info": k.key_provider_info.as_ref().map(|b| av::b64e(b.as_ref())), "ciphertext": k.ciphertext.as_ref().map(|b| av::b64e(b.as_ref()))})).collect::<Vec<_>>(),
        "stored_encryption_context": h.stored_encryption_context.as_ref().map(av::smap_json),
        "encryption_context": h.encryption_context.as_ref().map(av::smap_json),
        "selector_context": h.selector_context.as_ref().map(av::item_to_json),
    })
}
pub async fn encrypt(r: &Value) -> Result<Value, String> {
    let enc = encryptor(&r["config"]).await?;
    let out = enc
        .encrypt_item()
        .plaintext_item(av::item_from_json(&r["item"])?)
        .send()
        .await
        .map_err(e)?;
    Ok(
        json!({"item": av::item_to_json(&out.encrypted_item.unwrap_or_default()), "header": header_json(&out.parsed_header)}),
    )
}
pub async fn decrypt(r: &Value) -> Result<Value, String> {
    let enc = encryptor(&r["config"]).await?;
    let out = enc
        .decrypt_item()
        .encrypted_item(av::item_from_json(&r["item"])?)
        .send()
        .await
        .map_err(e)?;
    Ok(
        json!({"item": av::item_to_json(&out.plaintext_item.unwrap_or_default()), "header": header_json(&out.parsed_header)}),
    )
}

// ---- searchable encryption (transforms), offline through the mock key store ----
fn i32o(v: &Value) -> Option<i32> {
    v.as_i64().map(|x| x as i32)
}
fn so(v: &Value) -> Option<String> {
    v.as_str().map(String::from)
}
fn enc_parts(v: &Value) -> Result<Option<Vec<dt::EncryptedPart>>, String> {
    let Some(a) = v.as_array() else { return Ok(None) };
    a.iter()
        .map(|p| {
            dt::EncryptedPart::builder()
                .set_name(so(&p["name"]))
                .set_prefix(so(&p["prefix"]))
                .build()
                .map_err(e)
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}
fn sig_parts(v: &Value) -> Result<Option<Vec<dt::SignedPart>>, String> {
    let Some(a) = v.as_array() else { return Ok(None) };
    a.iter()
        .map(|p| {
            dt::SignedPart::builder()
                .set_name(so(&p["name"]))
                .set_prefix(so(&p["prefix"]))
                .set_loc(so(&p["loc"]))
                .build()
                .map_err(e)
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}
fn style(v: &Value) -> Result<Option<dt::BeaconStyle>, String> {
    if v.is_null() {
        return Ok(None);
    }
    Ok(Some(if v["partOnly"].is_object() {
        dt::BeaconStyle::PartOnly(dt::PartOnly::builder().build().map_err(e)?)
    } else if v["asSet"].is_object() {
        dt::BeaconStyle::AsSet(dt::AsSet::builder().build().map_err(e)?)
    } else if v["shared"].is_object() {
        dt::BeaconStyle::Shared(
            dt::Shared::builder().set_other(so(&v["shared"]["other"])).build().map_err(e)?,
        )
    } else if v["sharedSet"].is_object() {
        dt::BeaconStyle::SharedSet(
            dt::SharedSet::builder().set_other(so(&v["sharedSet"]["other"])).build().map_err(e)?,
        )
    } else {
        return Err(format!("style {v}"));
    }))
}
fn trans(v: &Value) -> Result<dt::VirtualTransform, String> {
    use dt::VirtualTransform as T;
    let (k, x) = v.as_object().and_then(|o| o.iter().next()).ok_or("transform")?;
    Ok(match k.as_str() {
        "upper" => T::Upper(dt::Upper::builder().build().map_err(e)?),
        "lower" => T::Lower(dt::Lower::builder().build().map_err(e)?),
        "insert" => {
            T::Insert(dt::Insert::builder().set_literal(so(&x["literal"])).build().map_err(e)?)
        }
        "prefix" => {
            T::Prefix(dt::GetPrefix::builder().set_length(i32o(&x["length"])).build().map_err(e)?)
        }
        "suffix" => {
            T::Suffix(dt::GetSuffix::builder().set_length(i32o(&x["length"])).build().map_err(e)?)
        }
        "substring" => T::Substring(
            dt::GetSubstring::builder()
                .set_low(i32o(&x["low"]))
                .set_high(i32o(&x["high"]))
                .build()
                .map_err(e)?,
        ),
        "segment" => T::Segment(
            dt::GetSegment::builder()
                .set_split(so(&x["split"]))
                .set_index(i32o(&x["index"]))
                .build()
                .map_err(e)?,
        ),
        "segments" => T::Segments(
            dt::GetSegments::builder()
                .set_split(so(&x["split"]))
                .set_low(i32o(&x["low"]))
                .set_high(i32o(&x["high"]))
                .build()
                .map_err(e)?,
        ),
        x => return Err(format!("transform {x}")),
    })
}
/// Takes the partition of an item from an attribute of it.
struct Selector {
    attribute: String,
}
impl dt::PartitionSelector for Selector {
    fn get_partition_number(
        &self,
        input: partition::GetPartitionNumberInput,
    ) -> Result<partition::GetPartitionNumberOutput, dt::error::Error> {
        let item = input.item.unwrap_or_default();
        let number = item.get(&self.attribute).and_then(|value| value.as_n().ok());
        let number = number.and_then(|text| text.parse().ok()).unwrap_or(0);
        partition::GetPartitionNumberOutput::builder()
            .partition_number(number)
            .build()
            .map_err(|x| dt::error::Error::DynamoDbEncryptionException { message: x.to_string() })
    }
}
fn search(c: &Value) -> Result<Option<dt::SearchConfig>, String> {
    let s = &c["search"];
    if s.is_null() {
        return Ok(None);
    }
    let std: Vec<_> = s["standard_beacons"]
        .as_array()
        .cloned()
        .unwrap_or_default()
        .iter()
        .map(|b| {
            dt::StandardBeacon::builder()
                .set_name(so(&b["name"]))
                .set_length(i32o(&b["length"]))
                .set_loc(so(&b["loc"]))
                .set_style(style(&b["style"])?)
                .set_number_of_partitions(i32o(&b["number_of_partitions"]))
                .build()
                .map_err(e)
        })
        .collect::<Result<_, String>>()?;
    let comp: Option<Vec<_>> = match s["compound_beacons"].as_array() {
        None => None,
        Some(a) => Some(
            a.iter()
                .map(|b| {
                    let cons = match b["constructors"].as_array() {
                        None => None,
                        Some(cs) => Some(
                            cs.iter()
                                .map(|k| {
                                    let parts = k
                                        .as_array()
                                        .cloned()
                                        .unwrap_or_default()
                                        .iter()
                                        .map(|p| {
                                            dt::ConstructorPart::builder()
                                                .set_name(so(&p["name"]))
                                                .set_required(
                                                    p["required"].as_bool().or(Some(true)),
                                                )
                                                .build()
                                                .map_err(e)
                                        })
                                        .collect::<Result<Vec<_>, String>>()?;
                                    dt::Constructor::builder().parts(parts).build().map_err(e)
                                })
                                .collect::<Result<Vec<_>, String>>()?,
                        ),
                    };
                    dt::CompoundBeacon::builder()
                        .set_name(so(&b["name"]))
                        .set_split(so(&b["split"]))
                        .set_encrypted(enc_parts(&b["encrypted"])?)
                        .set_signed(sig_parts(&b["signed"])?)
                        .set_constructors(cons)
                        .build()
                        .map_err(e)
                })
                .collect::<Result<_, String>>()?,
        ),
    };
    let virt: Option<Vec<_>> = match s["virtual_fields"].as_array() {
        None => None,
        Some(a) => Some(
            a.iter()
                .map(|b| {
                    let parts = b["parts"]
                        .as_array()
                        .cloned()
                        .unwrap_or_default()
                        .iter()
                        .map(|p| {
                            let t = match p["trans"].as_array() {
                                None => None,
                                Some(x) => {
                                    Some(x.iter().map(trans).collect::<Result<Vec<_>, _>>()?)
                                }
                            };
                            dt::VirtualPart::builder()
                                .set_loc(so(&p["loc"]))
                                .set_trans(t)
                                .build()
                                .map_err(e)
                        })
                        .collect::<Result<Vec<_>, String>>()?;
                    dt::VirtualField::builder()
                        .set_name(so(&b["name"]))
                        .parts(parts)
                        .build()
                        .map_err(e)
                })
                .collect::<Result<_, String>>()?,
        ),
    };
    let ksrc = if let Some(f) = s["key_field_name"].as_str() {
        dt::BeaconKeySource::Multi(
            dt::MultiKeyStore::builder()
                .key_field_name(f)
                .cache_ttl(s["cache_ttl"].as_i64().unwrap_or(600) as i32)
                .build()
                .map_err(e)?,
        )
    } else {
        dt::BeaconKeySource::Single(
            dt::SingleKeyStore::builder()
                .key_id(st(&s["key_store"], "branch_key_id")?)
                .cache_ttl(s["cache_ttl"].as_i64().unwrap_or(600) as i32)
                .build()
                .map_err(e)?,
        )
    };
    let selector = so(&s["partition_attribute"]).map(|attribute| Selector { attribute }.into());
    let v = dt::BeaconVersion::builder()
        .version(1)
        .set_partition_selector(selector)
        .key_store(kr::key_store(&s["key_store"])?)
        .key_source(ksrc)
        .standard_beacons(std)
        .set_compound_beacons(comp)
        .set_virtual_fields(virt)
        .set_encrypted_parts(enc_parts(&s["encrypted_parts"])?)
        .set_signed_parts(sig_parts(&s["signed_parts"])?)
        .set_maximum_number_of_partitions(i32o(&s["maximum_number_of_partitions"]))
        .set_default_number_of_partitions(i32o(&s["default_number_of_partitions"]))
        .build()
        .map_err(e)?;
    Ok(Some(dt::SearchConfig::builder().write_version(1).versions(vec![v]).build().map_err(e)?))
}
/// What the official library is told about one table.
pub async fn table_config(c: &Value) -> Result<dt::DynamoDbTableEncryptionConfig, String> {
    let k = keyring(c).await?;
    let mut b = dt::DynamoDbTableEncryptionConfig::builder()
        .logical_table_name(st(c, "table")?)
        .partition_key_name(st(c, "partition_key")?)
        .attribute_actions_on_encrypt(actions(c)?);
    if let Some(s) = c["sort_key"].as_str() {
        b = b.sort_key_name(s);
    }
    if let Some(s) = c["unsigned_prefix"].as_str() {
        b = b.allowed_unsigned_attribute_prefix(s);
    }
    if let Some(s) = strs(&c["unsigned_attributes"]) {
        b = b.allowed_unsigned_attributes(s);
    }
    if let Some(s) = c["suite"].as_str() {
        b = b.algorithm_suite_id(suite(s)?);
    }
    if let Some(p) = pover(&c["plaintext_override"])? {
        b = b.plaintext_override(p);
    }
    if let Some(s) = search(c)? {
        b = b.search(s);
    }
    b = match strs(&c["required_ec_keys"]) {
        Some(r) => b.cmm(kr::required_ec_cmm(k, r).await?),
        None => b.keyring(k),
    };
    b.build().map_err(e)
}
pub async fn transforms(c: &Value) -> Result<aws_db_esdk::Client, String> {
    let t = table_config(c).await?;
    let cfg = aws_db_esdk::DynamoDbTablesEncryptionConfig::builder()
        .table_encryption_configs(HashMap::from([(st(c, "table")?.to_string(), t)]))
        .build()
        .map_err(e)?;
    aws_db_esdk::Client::from_conf(cfg).map_err(e)
}
/// `{"op": "ddb-transforms", "config", "transforms": [{"transform", "input"}]}` to `{"results": [...]}`: several on one
/// configuration, each with what it gives or its error.
pub async fn many_transforms(r: &Value) -> Result<Value, String> {
    let c = &r["config"];
    let client = match transforms(c).await {
        Ok(client) => client,
        Err(error) => return Ok(json!({"config_error": error})),
    };
    let table = st(c, "table")?;
    let mut results = vec![];
    for one in r["transforms"].as_array().ok_or("transforms")? {
        results.push(match transformed(&client, table, one).await {
            Ok(result) => result,
            Err(error) => json!({"error": error}),
        });
    }
    Ok(json!({"results": results}))
}
fn names(v: &Value) -> Option<HashMap<String, String>> {
    v.as_object()
        .map(|o| o.iter().map(|(k, x)| (k.clone(), x.as_str().unwrap_or("").to_string())).collect())
}
fn items_of(o: &Value) -> Result<Vec<Item>, String> {
    o["items"].as_array().into_iter().flatten().map(av::item_from_json).collect()
}
fn items_json(v: Option<Vec<Item>>) -> Value {
    json!(v.unwrap_or_default().iter().map(av::item_to_json).collect::<Vec<_>>())
}
pub async fn transform(r: &Value) -> Result<Value, String> {
    let c = &r["config"];
    transformed(&transforms(c).await?, st(c, "table")?, r).await
}
async fn transformed(t: &aws_db_esdk::Client, table: &str, r: &Value) -> Result<Value, String> {
    use aws_sdk_dynamodb::operation as op;
    let o = &r["input"];
    Ok(match st(r, "transform")? {
        "put-item-input" => {
            let mut b = op::put_item::PutItemInput::builder()
                .table_name(table)
                .set_item(Some(av::item_from_json(&o["item"])?))
                .set_condition_expression(so(&o["condition_expression"]))
                .set_expression_attribute_names(names(&o["names"]));
            if o["values"].is_object() {
                b = b.set_expression_attribute_values(Some(av::item_from_json(&o["values"])?));
            }
            let x = t
                .put_item_input_transform()
                .sdk_input(b.build().map_err(e)?)
                .send()
                .await
                .map_err(e)?
                .transformed_input
                .ok_or("none")?;
            json!({"item": av::item_to_json(&x.item.unwrap_or_default())})
        }
        "get-item-output" => {
            let inp = op::get_item::GetItemInput::builder()
                .table_name(table)
                .set_key(Some(HashMap::new()))
                .build()
                .map_err(e)?;
            let out = op::get_item::GetItemOutput::builder()
                .set_item(Some(av::item_from_json(&o["item"])?))
                .build();
            let x = t
                .get_item_output_transform()
                .sdk_output(out)
                .original_input(inp)
                .send()
                .await
                .map_err(e)?
                .transformed_output
                .ok_or("none")?;
            json!({"item": x.item.map(|i| av::item_to_json(&i))})
        }
        w @ ("query-input" | "query-output" | "number-of-queries") => {
            let mut b = op::query::QueryInput::builder()
                .table_name(table)
                .set_index_name(so(&o["index_name"]))
                .set_key_condition_expression(so(&o["key_condition_expression"]))
                .set_filter_expression(so(&o["filter_expression"]))
                .set_expression_attribute_names(names(&o["names"]));
            if o["values"].is_object() {
                b = b.set_expression_attribute_values(Some(av::item_from_json(&o["values"])?));
            }
            let inp = b.build().map_err(e)?;
            if w == "number-of-queries" {
                let n = t.get_number_of_queries().input(inp).send().await.map_err(e)?;
                return Ok(json!({"number_of_queries": n.number_of_queries}));
            }
            if w == "query-input" {
                let x = t
                    .query_input_transform()
                    .sdk_input(inp)
                    .send()
                    .await
                    .map_err(e)?
                    .transformed_input
                    .ok_or("none")?;
                json!({"index_name": x.index_name, "key_condition_expression": x.key_condition_expression, "filter_expression": x.filter_expression,
                    "names": x.expression_attribute_names.as_ref().map(av::smap_json), "values": x.expression_attribute_values.as_ref().map(av::item_to_json)})
            } else {
                let its = items_of(o)?;
                let out = op::query::QueryOutput::builder()
                    .count(its.len() as i32)
                    .scanned_count(its.len() as i32)
                    .set_items(Some(its))
                    .build();
                let x = t
                    .query_output_transform()
                    .sdk_output(out)
                    .original_input(inp)
                    .send()
                    .await
                    .map_err(e)?
                    .transformed_output
                    .ok_or("none")?;
                json!({"count": x.count, "items": items_json(x.items)})
            }
        }
        w @ ("scan-input" | "scan-output") => {
            let mut b = op::scan::ScanInput::builder()
                .table_name(table)
                .set_index_name(so(&o["index_name"]))
                .set_filter_expression(so(&o["filter_expression"]))
                .set_expression_attribute_names(names(&o["names"]));
            if o["values"].is_object() {
                b = b.set_expression_attribute_values(Some(av::item_from_json(&o["values"])?));
            }
            let inp = b.build().map_err(e)?;
            if w == "scan-output" {
                let its = items_of(o)?;
                let out = op::scan::ScanOutput::builder()
                    .count(its.len() as i32)
                    .scanned_count(its.len() as i32)
                    .set_items(Some(its))
                    .build();
                let x = t
                    .scan_output_transform()
                    .sdk_output(out)
                    .original_input(inp)
                    .send()
                    .await
                    .map_err(e)?
                    .transformed_output
                    .ok_or("none")?;
                return Ok(json!({"count": x.count, "items": items_json(x.items)}));
            }
            let x = t
                .scan_input_transform()
                .sdk_input(inp)
                .send()
                .await
                .map_err(e)?
                .transformed_input
                .ok_or("none")?;
            json!({"filter_expression": x.filter_expression, "names": x.expression_attribute_names.as_ref().map(av::smap_json), "values": x.expression_attribute_values.as_ref().map(av::item_to_json)})
        }
        "resolve-attributes" => {
            let x = t
                .resolve_attributes()
                .table_name(table)
                .item(av::item_from_json(&o["item"])?)
                .version(1)
                .send()
                .await
                .map_err(e)?;
            json!({"virtual_fields": x.virtual_fields.as_ref().map(av::smap_json), "compound_beacons": x.compound_beacons.as_ref().map(av::smap_json)})
        }
        x => return Err(format!("transform {x}")),
    })
}
