//! The configurations and names that cross, described once. `readers.rs` makes types and their readers of
//! them, `declarations.rs` declarations in TypeScript, which the compiler holds against what the package makes.
//!
//! Not derived by serde: `docs/decisions/configuration-without-serde.md`.

/// Expands to `$expand!` with the names: values that are words on both sides, and the Rust type that has them.
macro_rules! names {
    ($expand:ident) => {
        $expand! {
            /// Paddings of the raw RSA keyring.
            PaddingScheme: RsaPadding {
                "OAEP_SHA1_MGF1" = OaepSha1,
                "OAEP_SHA256_MGF1" = OaepSha256,
                "OAEP_SHA384_MGF1" = OaepSha384,
                "OAEP_SHA512_MGF1" = OaepSha512,
                "PKCS1" = Pkcs1,
            }
            /// Algorithms of the KMS RSA keyring, as KMS names them.
            RsaEncryptionAlgorithm: RsaPadding {
                "RSAES_OAEP_SHA_1" = OaepSha1,
                "RSAES_OAEP_SHA_256" = OaepSha256,
            }
            /// What is done with an attribute.
            ActionName: CryptoAction {
                "ENCRYPT_AND_SIGN" = EncryptAndSign,
                "SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT" = SignAndIncludeInEncryptionContext,
                "SIGN_ONLY" = SignOnly,
                "DO_NOTHING" = DoNothing,
            }
            /// What is done with items in plaintext.
            PlaintextOverrideName: PlaintextOverride {
                "FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ" = ForcePlaintextWriteAllowPlaintextRead,
                "FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ" = ForbidPlaintextWriteAllowPlaintextRead,
                "FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ" = ForbidPlaintextWriteForbidPlaintextRead,
            }
        }
    };
}

/// The same for key agreement.
#[cfg(any(not(target_arch = "wasm32"), feature = "ecdh"))]
macro_rules! ecdh_names {
    ($expand:ident) => {
        $expand! {
            /// Curves of key agreement.
            CurveSpec: EcdhCurve {
                "P256" = P256,
                "P384" = P384,
                "P521" = P521,
            }
        }
    };
}

/// Expands to `$expand!` with the configurations. A keyring's begins with its name; a field named `""` has its own fields
/// in the same object. Behind `=` stands the library's type that it is read into, which has fields of the same names.
macro_rules! configurations {
    ($expand:ident) => {
        $expand! {
            /// How to reach a service.
            ServiceConfig {
                endpoint: Option<String> = "endpoint",
                region: Option<String> = "region",
                signs: bool = "signs",
                headers: Pairs = "headers",
                timeout_ms: Option<u32> = "timeoutMs",
                max_attempts: Option<u32> = "maxAttempts",
                user_agent: Option<String> = "userAgent",
                observed: bool = "observed",
            }
            /// A KMS client.
            KmsConfig {
                service: ServiceConfig = "",
                pins: Pairs = "pins",
                stores: bool = "stores",
            }
            /// The raw AES keyring.
            "rawAes" RawAesConfig {
                key_namespace: String = "keyNamespace",
                key_name: String = "keyName",
                wrapping_key: Secret = "wrappingKey",
            }
            /// The raw RSA keyring.
            "rawRsa" RawRsaConfig {
                key_namespace: String = "keyNamespace",
                key_name: String = "keyName",
                padding_scheme: PaddingScheme = "paddingScheme",
                public_key: Option<Vec<u8>> = "publicKey",
                has_private_key: bool = "hasPrivateKey",
            }
            /// A keyring of the caller's functions.
            "custom" CustomConfig {
                provider_id: String = "providerId",
                generates: bool = "generates",
            }
            /// One symmetric KMS key.
            "kms" AwsKmsConfig {
                kms: Handle = "kms",
                key_id: String = "keyId",
                mrk_aware: bool = "mrkAware",
                grant_tokens: Strings = "grantTokens",
            }
            /// Whatever symmetric KMS key wrapped.
            "kmsDiscovery" AwsKmsDiscoveryConfig {
                kms: Handle = "kms",
                mrk_aware: bool = "mrkAware",
                region: Option<String> = "region",
                partition: Option<String> = "partition",
                account_ids: Strings = "accountIds",
                grant_tokens: Strings = "grantTokens",
            }
            /// A KMS RSA key.
            "kmsRsa" AwsKmsRsaConfig {
                kms: Option<Handle> = "kms",
                kms_key_id: String = "kmsKeyId",
                public_key: Option<Vec<u8>> = "publicKey",
                encryption_algorithm: Option<RsaEncryptionAlgorithm> = "encryptionAlgorithm",
                grant_tokens: Strings = "grantTokens",
            }
            /// Several keyrings.
            "multi" MultiConfig {
                generator: Option<Handle> = "generator",
                children: Handles = "children",
                mrk_key_ids: Strings = "mrkKeyIds",
                skips_unavailable: bool = "skipsUnavailable",
            }
            /// An item encryptor.
            EncryptorConfig {
                materials: Handle = "materials",
                logical_table_name: String = "logicalTableName",
                partition_key_name: String = "partitionKeyName",
                sort_key_name: Option<String> = "sortKeyName",
                attribute_actions: Actions = "attributeActions",
                allowed_unsigned_attributes: Strings = "allowedUnsignedAttributes",
                allowed_unsigned_attribute_prefix: Option<String> = "allowedUnsignedAttributePrefix",
                algorithm_suite: Option<String> = "algorithmSuite",
                max_encrypted_data_keys: Option<u32> = "maxEncryptedDataKeys",
                drop_reserved_attributes: bool = "dropReservedAttributes",
                plaintext_override: Option<PlaintextOverrideName> = "plaintextOverride",
            }
            /// The rules of a table.
            TableRulesConfig {
                attribute_actions: Actions = "attributeActions",
                allowed_unsigned_attributes: Strings = "allowedUnsignedAttributes",
                allowed_unsigned_attribute_prefix: Option<String> = "allowedUnsignedAttributePrefix",
                partition_key_name: String = "partitionKeyName",
                sort_key_name: Option<String> = "sortKeyName",
                plaintext_override: Option<PlaintextOverrideName> = "plaintextOverride",
                encryptor: Option<Handle> = "encryptor",
            }
        }
    };
}

/// The same for what only the whole core's clients can.
#[cfg(any(not(target_arch = "wasm32"), feature = "kms-admin"))]
macro_rules! client_configurations {
    ($expand:ident) => {
        $expand! {
            /// More of how to reach a service; these fields stand in its configuration.
            ClientExtras {
                adaptive: bool = "adaptive",
                fips: bool = "useFipsEndpoint",
                dualstack: bool = "useDualstackEndpoint",
                operation_timeout_ms: Option<u32> = "operationTimeoutMs",
                clock_offset_ms: Option<Milliseconds> = "systemClockOffset",
            }
        }
    };
}

/// The same for branch keys and caches.
#[cfg(any(not(target_arch = "wasm32"), feature = "branch-keys"))]
macro_rules! branch_key_configurations {
    ($expand:ident) => {
        $expand! {
            /// The hierarchical keyring.
            "hierarchical" HierarchicalConfig {
                key_store: Handle = "keyStore",
                cache: Option<Handle> = "cache",
                branch_key_id: Option<String> = "branchKeyId",
                ttl_ms: Seconds = "ttlSeconds",
                partition_id: Option<String> = "partitionId",
            }
            /// A branch key store on DynamoDB.
            KeyStoreConfig {
                dynamodb: Handle = "dynamodb",
                kms: Handle = "kms",
                table_name: String = "tableName",
                logical_key_store_name: String = "logicalKeyStoreName",
                kms_type: String = "kmsType",
                kms_key_arn: Option<String> = "kmsKeyArn",
                region: Option<String> = "region",
                grant_tokens: Strings = "grantTokens",
                key_store_id: Option<String> = "keyStoreId",
            }
            /// A branch key that the caller has.
            StaticKeyConfig {
                branch_key_id: String = "branchKeyId",
                version: String = "version",
                branch_key: Secret = "branchKey",
                beacon_key: Option<Secret> = "beaconKey",
                encryption_context: Pairs = "encryptionContext",
            }
            /// A key store of such branch keys.
            StaticKeyStoreConfig {
                logical_key_store_name: Option<String> = "logicalKeyStoreName",
                keys: List<StaticKeyConfig> = "keys",
            }
            /// A cache.
            CacheConfig {
                for_ttl_ms: Option<Seconds> = "forTtlSeconds",
                capacity: Option<u32> = "capacity",
                storm: bool = "storm",
                grace_period_ms: Option<Seconds> = "gracePeriodSeconds",
                grace_interval_ms: Option<Seconds> = "graceIntervalSeconds",
                fan_out: Option<u32> = "fanOut",
                in_flight_ttl_ms: Option<Seconds> = "inFlightTtlSeconds",
                observed: bool = "observed",
            }
            /// The caching CMM.
            CachingCmmConfig {
                materials: Handle = "materials",
                cache: Handle = "cache",
                max_age_ms: Seconds = "maxAgeSeconds",
                max_bytes: Option<Count> = "maxBytes",
                max_messages: Option<Count> = "maxMessages",
                partition_id: Option<String> = "partitionId",
            }
        }
    };
}

/// The same for key agreement.
#[cfg(any(not(target_arch = "wasm32"), feature = "ecdh"))]
macro_rules! ecdh_configurations {
    ($expand:ident) => {
        $expand! {
            /// The raw ECDH keyring.
            "rawEcdh" RawEcdhConfig {
                curve_spec: CurveSpec = "curveSpec",
                scheme: String = "scheme",
                recipient_public_key: Option<Vec<u8>> = "recipientPublicKey",
            }
            /// A KMS key for key agreement.
            "kmsEcdh" AwsKmsEcdhConfig {
                kms: Handle = "kms",
                key_id: String = "keyId",
                curve_spec: CurveSpec = "curveSpec",
                scheme: String = "scheme",
                sender_public_key: Option<Vec<u8>> = "senderPublicKey",
                recipient_public_key: Option<Vec<u8>> = "recipientPublicKey",
                grant_tokens: Strings = "grantTokens",
            }
        }
    };
}

/// The same for searchable encryption.
#[cfg(any(not(target_arch = "wasm32"), feature = "search"))]
macro_rules! search_configurations {
    ($expand:ident) => {
        $expand! {
            /// How a table is searched.
            SearchConfig {
                key_store: Handle = "keyStore",
                cache: Option<Handle> = "cache",
                ttl_ms: Seconds = "ttlSeconds",
                partition_id: Option<String> = "partitionId",
                branch_key_id: Option<String> = "branchKeyId",
                key_field_name: Option<String> = "keyFieldName",
                standard_beacons: List<StandardBeaconConfig> = "standardBeacons",
                compound_beacons: List<CompoundBeaconConfig> = "compoundBeacons",
                virtual_fields: List<VirtualFieldConfig> = "virtualFields",
                encrypted_parts: List<EncryptedPartConfig> = "encryptedParts",
                signed_parts: List<SignedPartConfig> = "signedParts",
                maximum_number_of_partitions: Option<u8> = "maximumNumberOfPartitions",
                default_number_of_partitions: Option<u8> = "defaultNumberOfPartitions",
            }
            /// A beacon of one value.
            StandardBeaconConfig = StandardBeacon {
                name: String = "name",
                length: u8 = "length",
                location: Option<String> = "location",
                style: BeaconStyleConfig = "",
                number_of_partitions: Option<u8> = "numberOfPartitions",
            }
            /// What is special about a beacon; these fields stand in its configuration.
            BeaconStyleConfig {
                style: Option<String> = "style",
                other: Option<String> = "other",
            }
            /// A beacon of parts.
            CompoundBeaconConfig = CompoundBeacon {
                name: String = "name",
                split: char = "split",
                encrypted_parts: List<EncryptedPartConfig> = "encryptedParts",
                signed_parts: List<SignedPartConfig> = "signedParts",
                constructors: List<ConstructorConfig> = "constructors",
            }
            /// A hashed part.
            EncryptedPartConfig = EncryptedPart {
                name: String = "name",
                prefix: String = "prefix",
            }
            /// A part in plaintext.
            SignedPartConfig = SignedPart {
                name: String = "name",
                prefix: String = "prefix",
                location: Option<String> = "location",
            }
            /// How a beacon is put together.
            ConstructorConfig {
                parts: List<ConstructorPartConfig> = "parts",
            }
            /// A part of that.
            ConstructorPartConfig = ConstructorPart {
                name: String = "name",
                required: bool = "required",
            }
            /// A value made of attributes.
            VirtualFieldConfig = VirtualField {
                name: String = "name",
                parts: List<VirtualPartConfig> = "parts",
            }
            /// A part of that.
            VirtualPartConfig = VirtualPart {
                location: String = "location",
                transforms: List<TransformConfig> = "transforms",
            }
            /// What is done to it.
            TransformConfig {
                kind: String = "type",
                text: Option<String> = "text",
                length: Option<Whole> = "length",
                index: Option<Whole> = "index",
                low: Option<Whole> = "low",
                high: Option<Whole> = "high",
            }
        }
    };
}

#[cfg(not(target_arch = "wasm32"))]
pub mod declarations;
#[cfg(target_arch = "wasm32")]
mod readers;

#[cfg(target_arch = "wasm32")]
pub(crate) use readers::*;
