//! Signing in: throttled by account and by address, equal in answer and time whether the person exists or not.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::id::{PersonId, TenantId};
use crate::domain::refusal::Refusal;
use crate::store;
use crate::store::persons::{Credentials, Membership};
use sha2::{Digest, Sha256};

/// Who signed in, and where to.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person.
    pub person: PersonId,
    /// The tenant to begin with.
    pub tenant: TenantId,
    /// Language of its last choice.
    pub language: String,
    /// Theme of its last choice.
    pub theme: String,
}

/// Checks an address and a password coming from a client `address`.
///
/// Attempts are counted before the password is looked at, so that parallel guesses count too; a success takes its own attempt back.
///
/// # Errors
/// [`Refusal::SignInFailed`] for every kind of wrong, [`Refusal::TooManyAttempts`], or a failure.
pub async fn sign_in(app: &App, email: &str, password: String, address: &str) -> Result<SignedIn, Error> {
    let email = email.trim().to_lowercase();
    let (account_key, address_key) = (throttle_key("account", &email), throttle_key("address", address));
    count_attempt(app, &account_key, &address_key).await?;

    let credentials = store::persons::credentials(&app.db, &email).await?.filter(|person| person.active);
    let hash = credentials.as_ref().map(|person| person.password_hash.clone());
    let right = match app.passwords.verify(password, hash).await {
        Ok(right) => right,
        Err(error) => {
            // Nobody looked at the password, so it was no attempt.
            forgive(app, &[&account_key, &address_key]).await?;
            return Err(Failure::from(error).into());
        }
    };
    let Some(person) = credentials.filter(|_| right) else {
        return Err(Refusal::SignInFailed.into());
    };
    let Some(first) = first_membership(app, &person).await? else {
        return Err(Refusal::SignInFailed.into());
    };
    let mut tx = app.db.begin().await?;
    store::throttles::reset(&mut tx, &account_key).await?;
    store::throttles::forgive(&mut tx, &address_key).await?;
    tx.commit().await?;
    Ok(SignedIn {
        person: person.id,
        tenant: first.tenant_id,
        language: person.language,
        theme: person.theme,
    })
}

async fn forgive(app: &App, keys: &[&[u8]]) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    for key in keys {
        store::throttles::forgive(&mut tx, key).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn first_membership(app: &App, person: &Credentials) -> Result<Option<Membership>, Error> {
    Ok(store::persons::memberships(&app.db, person.id).await?.into_iter().next())
}

async fn count_attempt(app: &App, account_key: &[u8], address_key: &[u8]) -> Result<(), Error> {
    let (limits, now) = (app.config.sign_in, app.clock.now());
    let mut tx = app.db.begin().await?;
    let account = store::throttles::count(&mut tx, account_key, limits.window, now).await?;
    let address = store::throttles::count(&mut tx, address_key, limits.window, now).await?;
    tx.commit().await?;
    let blocked = [(account, limits.per_account), (address, limits.per_address)];
    let blocked = blocked.into_iter().filter(|(counter, limit)| counter.attempts > *limit);
    match blocked.map(|(counter, _)| counter.window_ends_at).max() {
        None => Ok(()),
        Some(until) => {
            Err(Refusal::TooManyAttempts { minutes: until.since(now).as_secs().div_ceil(60).max(1) }.into())
        }
    }
}

/// Counters are kept under hashes: the table names neither people nor addresses.
fn throttle_key(kind: &str, value: &str) -> Vec<u8> {
    Sha256::digest(format!("{kind}\0{value}")).to_vec()
}
