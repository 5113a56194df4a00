//! How the domain's values travel to and from the engines.

use crate::domain::clock::Ts;
use sqlx::{Encode, Postgres, Sqlite, Type};

type Result<T, E> = std::result::Result<T, E>;

/// Microseconds between the Unix epoch and PostgreSQL's (2000-01-01).
const PG_EPOCH: i64 = 946_684_800_000_000;

impl Type<Sqlite> for Ts {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
    fn compatible(info: &sqlx::sqlite::SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(info)
    }
}

impl Encode<'_, Sqlite> for Ts {
    fn encode_by_ref(
        &self,
        buffer: &mut <Sqlite as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Encode::<Sqlite>::encode(self.0, buffer)
    }
}

impl sqlx::Decode<'_, Sqlite> for Ts {
    fn decode(value: sqlx::sqlite::SqliteValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Ts(<i64 as sqlx::Decode<Sqlite>>::decode(value)?))
    }
}

impl Type<Postgres> for Ts {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        sqlx::postgres::PgTypeInfo::with_name("timestamptz")
    }
}

impl Encode<'_, Postgres> for Ts {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Encode::<Postgres>::encode(self.0.saturating_sub(PG_EPOCH), buffer)
    }
}

impl sqlx::Decode<'_, Postgres> for Ts {
    /// The binary format is an i64 of microseconds since 2000-01-01.
    fn decode(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
        let bytes: [u8; 8] = value.as_bytes()?.try_into()?;
        Ok(Ts(i64::from_be_bytes(bytes) + PG_EPOCH))
    }
}

/// Lets a newtype travel as the value it wraps.
macro_rules! stored_as {
    ($($name:ty => $inner:ty),* $(,)?) => {$(
        impl<DB: sqlx::Database> Type<DB> for $name where $inner: Type<DB> {
            fn type_info() -> DB::TypeInfo { <$inner as Type<DB>>::type_info() }
            fn compatible(info: &DB::TypeInfo) -> bool { <$inner as Type<DB>>::compatible(info) }
        }
        impl<'q, DB: sqlx::Database> Encode<'q, DB> for $name where $inner: Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.0.encode_by_ref(buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where $inner: sqlx::Decode<'r, DB> {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(Self(<$inner as sqlx::Decode<'r, DB>>::decode(value)?))
            }
        }
    )*};
}

stored_as!(
    crate::domain::money::Cents => i64,
    crate::domain::money::UnitPrice => i64,
    crate::domain::id::TenantId => uuid::Uuid,
    crate::domain::id::PersonId => uuid::Uuid,
    crate::domain::id::AccountId => uuid::Uuid,
    crate::domain::id::TransferId => uuid::Uuid,
    crate::domain::id::TopUpId => uuid::Uuid,
    crate::domain::id::AlertId => uuid::Uuid,
    crate::domain::id::MailId => uuid::Uuid,
    crate::domain::id::EndpointId => uuid::Uuid,
    crate::domain::id::DeliveryId => uuid::Uuid,
    crate::domain::endpoint::SigningSecret => Vec<u8>,
    crate::domain::id::ApiKeyId => uuid::Uuid,
    crate::domain::id::AuditId => uuid::Uuid,
    crate::domain::id::PriceListId => uuid::Uuid,
    crate::domain::id::PriceId => uuid::Uuid,
    crate::domain::id::TermsId => uuid::Uuid,
    crate::domain::id::HoldId => uuid::Uuid,
);

/// Lets a value travel as its text.
macro_rules! stored_as_text {
    ($($name:ty),* $(,)?) => {$(
        impl<DB: sqlx::Database> Type<DB> for $name where String: Type<DB> {
            fn type_info() -> DB::TypeInfo { <String as Type<DB>>::type_info() }
            fn compatible(info: &DB::TypeInfo) -> bool { <String as Type<DB>>::compatible(info) }
        }
        impl<'q, DB: sqlx::Database> Encode<'q, DB> for $name where String: Encode<'q, DB> {
            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.as_str().to_owned().encode(buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name where String: sqlx::Decode<'r, DB> {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <String as sqlx::Decode<'r, DB>>::decode(value)?;
                <$name>::parse(&text).ok_or_else(|| format!("unknown value `{text}`").into())
            }
        }
    )*};
}

stored_as_text!(
    crate::domain::api_key::ApiScopes,
    crate::domain::api_key::KeyMode,
    crate::domain::party::TenantKind,
    crate::domain::party::Role,
    crate::domain::ledger::AccountKind,
    crate::domain::ledger::TransferKind,
    crate::domain::ledger::AlertKind,
    crate::domain::pricing::Meter,
    crate::domain::pricing::Unit,
    crate::domain::pricing::ListRole,
    crate::domain::pricing::Settlement,
    crate::domain::hold::Status,
    crate::domain::topup::Method,
    crate::domain::topup::Status,
    crate::domain::endpoint::DeliveryStatus,
    crate::domain::endpoint::DisabledReason,
    crate::domain::endpoint::AttemptError,
);
