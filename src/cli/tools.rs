//! Commands that do one thing and end.

use super::serve::create_folder;
use super::{Complaint, failed, load, start_logging};
use crate::app::App;
use crate::billing::tenants::{self, NewTenant};
use crate::billing::topups;
use crate::domain::clock::Clock;
use crate::domain::party::{Role, Scope, Tenant, TenantKind};
use crate::i18n::T;
use crate::server::Job;
use crate::store::{self, Db, migrations};

pub(super) async fn open(t: T) -> Result<App, Complaint> {
    let config = load(t)?;
    start_logging(&config);
    create_folder(&config.database_url.0).map_err(|error| failed(t, error))?;
    App::open(config, Clock::system(), false)
        .await
        .map_err(|error| Complaint(t.cli_database_failed(error.to_string())))
}

pub(super) async fn migrate(t: T) -> Result<(), Complaint> {
    let config = load(t)?;
    create_folder(&config.database_url.0).map_err(|error| failed(t, error))?;
    let connected = Db::connect(&config.database_url.0, config.pool).await;
    let db = connected.map_err(|error| Complaint(t.cli_database_failed(error.to_string())))?;
    migrations::apply(&db).await.map_err(|error| failed(t, error))?;
    db.close().await;
    println!("{}", t.cli_migrated(migrations::newest()));
    Ok(())
}

/// Whom to add.
pub(super) struct NewUser {
    pub email: String,
    pub role: String,
    pub tenant: Option<String>,
    pub name: Option<String>,
    pub company: Option<String>,
}

pub(super) async fn add_user(t: T, user: NewUser) -> Result<(), Complaint> {
    let app = open(t).await?;
    let roles = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    let role =
        Role::parse(&user.role).ok_or_else(|| Complaint(t.cli_unknown_role(user.role.clone(), roles())))?;
    if !validator::ValidateEmail::validate_email(&user.email) {
        return Err(Complaint(t.cli_bad_email(user.email)));
    }
    let tenant = find_tenant(t, &app, &user).await?;
    if !role.fits(tenant.kind) {
        return Err(Complaint(t.cli_role_misfit(tenant.number, role.as_str())));
    }
    let known = store::persons::credentials(&app.db, &user.email.trim().to_lowercase()).await;
    let known = known.map_err(|error| failed(t, error))?.is_some();
    let random: u128 = rand::random();
    let password = format!("{random:032x}")[..20].to_owned();
    let name = user.name.unwrap_or_else(|| user.email.clone());
    let added =
        tenants::add_person(&app, &user.email, &name, password.clone(), tenant.id, role, t.lang()).await;
    added.map_err(|error| failed(t, error))?;
    println!("{}", t.cli_user_added(user.email, tenant.number, role.as_str()));
    println!("{}", if known { t.cli_password_kept() } else { t.cli_password(password) });
    app.db.close().await;
    Ok(())
}

/// The tenant by number, or the platform, which the first person brings along.
async fn find_tenant(t: T, app: &App, user: &NewUser) -> Result<Tenant, Complaint> {
    if let Some(number) = &user.tenant {
        let found = store::tenants::find_by_number(&app.db, Scope::Platform, number).await;
        return found
            .map_err(|error| failed(t, error))?
            .ok_or_else(|| Complaint(t.cli_no_tenant(number.clone())));
    }
    if let Some(platform) = store::tenants::platform(&app.db).await.map_err(|error| failed(t, error))? {
        return Ok(platform);
    }
    let name = user.company.clone().ok_or_else(|| Complaint(t.cli_no_platform()))?;
    let new = NewTenant {
        kind: TenantKind::Platform,
        reseller: None,
        number: "P-1".into(),
        external_id: None,
        name,
        support_contact: None,
    };
    tenants::create(app, new).await.map_err(|error| failed(t, error))
}

pub(super) async fn reconcile(t: T) -> Result<(), Complaint> {
    let app = open(t).await?;
    let done = topups::reconcile(&app).await.map_err(|error| failed(t, error))?;
    app.db.close().await;
    println!("{}", t.cli_reconciled(done.changed));
    if done.failed > 0 { Err(Complaint(t.cli_reconcile_failed(done.failed))) } else { Ok(()) }
}

pub(super) async fn list_jobs(t: T) -> Result<(), Complaint> {
    let app = open(t).await?;
    for job in Job::ALL {
        println!("{}", t.cli_job_line(job.name(), job.every(&app).as_secs()));
    }
    app.db.close().await;
    Ok(())
}

pub(super) async fn run_job(t: T, name: &str) -> Result<(), Complaint> {
    let names = || Job::ALL.iter().map(|job| job.name()).collect::<Vec<_>>().join(", ");
    let job = Job::ALL.into_iter().find(|job| job.name() == name);
    let job = job.ok_or_else(|| Complaint(t.cli_unknown_job(name.to_owned(), names())))?;
    let app = open(t).await?;
    let done = job.run(&app).await.map_err(|error| failed(t, error))?;
    println!("{}", t.cli_job_done(done, name.to_owned()));
    app.db.close().await;
    Ok(())
}
