//! Accounts of people.

use sqlx::{Any, AnyConnection, AnyPool, Executor, FromRow};

/// An account. Never shows hash and seed in `Debug`.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct UserRow {
    /// Random id.
    pub id: String,
    /// Name.
    pub name: String,
    /// E-mail address, or empty.
    pub email: String,
    /// When the address was shown to be theirs.
    pub email_verified_us: Option<i64>,
    /// Password as argon2 keeps it.
    pub password_hash: Option<String>,
    /// `none`, `moderator` or `administrator`.
    pub site_role: String,
    /// Seed of the authenticator in base32.
    pub totp_secret: Option<String>,
    /// Last time step that a code was taken for.
    pub totp_step: i64,
    /// When it was made.
    pub created_us: i64,
    /// When it was deleted.
    pub deleted_us: Option<i64>,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "UserRow({} {})", self.id, self.name)
    }
}

/// Makes an account and takes its name.
///
/// # Errors
///
/// What the database reports, a name that is taken among it.
pub async fn insert(connection: &mut AnyConnection, row: &UserRow) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO publishers (name, kind, created_us) VALUES ($1, 'user', $2)")
        .bind(&row.name)
        .bind(row.created_us)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO users (id, name, email, password_hash, site_role, created_us) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&row.id)
    .bind(&row.name)
    .bind(&row.email)
    .bind(&row.password_hash)
    .bind(&row.site_role)
    .bind(row.created_us)
    .execute(connection)
    .await
    .map(drop)
}

/// Finds an account by its id.
///
/// # Errors
///
/// What the database reports.
pub async fn find(database: &AnyPool, id: &str) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as("SELECT * FROM users WHERE id = $1 AND deleted_us IS NULL")
        .bind(id)
        .fetch_optional(database)
        .await
}

/// Finds an account by its name.
///
/// # Errors
///
/// What the database reports.
pub async fn by_name(database: &AnyPool, name: &str) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as("SELECT * FROM users WHERE name = $1 AND deleted_us IS NULL")
        .bind(name)
        .fetch_optional(database)
        .await
}

/// Finds an account by its name or its verified e-mail address.
///
/// # Errors
///
/// What the database reports.
pub async fn by_name_or_email(database: &AnyPool, text: &str) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as(
        "SELECT * FROM users WHERE deleted_us IS NULL \
         AND (name = $1 OR (email = $1 AND email_verified_us IS NOT NULL))",
    )
    .bind(text)
    .fetch_optional(database)
    .await
}

/// All accounts, by name.
///
/// # Errors
///
/// What the database reports.
pub async fn after(database: &AnyPool, name: &str, limit: i64) -> sqlx::Result<Vec<UserRow>> {
    sqlx::query_as(
        "SELECT * FROM users WHERE deleted_us IS NULL AND name > $1 ORDER BY name LIMIT $2",
    )
    .bind(name)
    .bind(limit)
    .fetch_all(database)
    .await
}

/// Most people who get a note of one event.
const MAX_NOTED: i64 = 50;

/// Ids of the owners of a project who can be written to, those of the organisation that owns it
/// among them; at most 50.
///
/// # Errors
///
/// What the database reports.
pub async fn owners_with_mail(
    connection: &mut AnyConnection,
    project: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT id FROM users WHERE deleted_us IS NULL AND email_verified_us IS NOT NULL AND ( \
         name IN (SELECT publisher FROM project_owners WHERE project = $1) \
         OR id IN (SELECT organisation_members.user_id FROM organisation_members \
         JOIN project_owners ON project_owners.publisher = organisation_members.organisation \
         WHERE project_owners.project = $1 AND organisation_members.role = 'owner') \
         OR id IN (SELECT user_id FROM project_members WHERE project = $1 AND role = 'owner')) \
         ORDER BY id LIMIT $2",
    )
    .bind(project)
    .bind(MAX_NOTED)
    .fetch_all(connection)
    .await
}

/// Ids of the moderators and administrators who can be written to; at most 50.
///
/// # Errors
///
/// What the database reports.
pub async fn moderators_with_mail(connection: &mut AnyConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT id FROM users WHERE deleted_us IS NULL AND email_verified_us IS NOT NULL \
         AND site_role <> 'none' ORDER BY id LIMIT $1",
    )
    .bind(MAX_NOTED)
    .fetch_all(connection)
    .await
}

/// Replaces the password.
///
/// # Errors
///
/// What the database reports.
pub async fn set_password<'c>(
    database: impl Executor<'c, Database = Any>,
    id: &str,
    hash: &str,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(id)
        .bind(hash)
        .execute(database)
        .await
        .map(drop)
}

/// Replaces the e-mail address; the new one is not verified.
///
/// # Errors
///
/// What the database reports.
pub async fn set_email(database: &AnyPool, id: &str, email: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET email = $2, email_verified_us = NULL WHERE id = $1")
        .bind(id)
        .bind(email)
        .execute(database)
        .await
        .map(drop)
}

/// Marks an address as theirs, if it is still the account's; `false` when it is not.
///
/// # Errors
///
/// What the database reports; a unique violation when another account has it verified.
pub async fn verify_email(
    database: &AnyPool,
    id: &str,
    email: &str,
    now_us: i64,
) -> sqlx::Result<bool> {
    sqlx::query("UPDATE users SET email_verified_us = $3 WHERE id = $1 AND email = $2")
        .bind(id)
        .bind(email)
        .bind(now_us)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Gives an account its role on the whole marketplace.
///
/// # Errors
///
/// What the database reports.
pub async fn set_site_role(database: &AnyPool, id: &str, role: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET site_role = $2 WHERE id = $1")
        .bind(id)
        .bind(role)
        .execute(database)
        .await
        .map(drop)
}

/// Adds or removes the authenticator. `step` is the last time step that counts as used.
///
/// # Errors
///
/// What the database reports.
pub async fn set_totp<'c>(
    database: impl Executor<'c, Database = Any>,
    id: &str,
    secret: Option<&str>,
    step: i64,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE users SET totp_secret = $2, totp_step = $3 WHERE id = $1")
        .bind(id)
        .bind(secret)
        .bind(step)
        .execute(database)
        .await
        .map(drop)
}

/// Takes a time step, once: `false` when it or a later one was taken before, even a moment ago by
/// another replica.
///
/// # Errors
///
/// What the database reports.
pub async fn take_totp_step(database: &AnyPool, id: &str, step: i64) -> sqlx::Result<bool> {
    sqlx::query("UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_step < $2")
        .bind(id)
        .bind(step)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Replaces all recovery codes.
///
/// # Errors
///
/// What the database reports.
pub async fn set_recovery_codes(
    connection: &mut AnyConnection,
    id: &str,
    codes_sha256: &[String],
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    for code in codes_sha256 {
        sqlx::query("INSERT INTO recovery_codes (user_id, code_sha256) VALUES ($1, $2)")
            .bind(id)
            .bind(code)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Takes the recovery codes of an account that has nothing left for which they could stand in.
///
/// # Errors
///
/// What the database reports.
pub async fn drop_needless_recovery_codes(
    connection: &mut AnyConnection,
    id: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM recovery_codes WHERE user_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = $1 AND totp_secret IS NOT NULL)",
    )
    .bind(id)
    .execute(connection)
    .await
    .map(drop)
}

/// Uses up a recovery code; `false` when there is none like it.
///
/// # Errors
///
/// What the database reports.
pub async fn take_recovery_code(
    database: &AnyPool,
    id: &str,
    code_sha256: &str,
) -> sqlx::Result<bool> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND code_sha256 = $2")
        .bind(id)
        .bind(code_sha256)
        .execute(database)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// How many recovery codes are left.
///
/// # Errors
///
/// What the database reports.
pub async fn count_recovery_codes<'c>(
    database: impl Executor<'c, Database = Any>,
    id: &str,
) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM recovery_codes WHERE user_id = $1")
        .bind(id)
        .fetch_one(database)
        .await
}

/// Locks an account's row until the transaction ends; `false` when the account was deleted.
///
/// # Errors
///
/// What the database reports.
pub async fn lock(connection: &mut AnyConnection, id: &str) -> sqlx::Result<bool> {
    sqlx::query("UPDATE users SET name = name WHERE id = $1 AND deleted_us IS NULL")
        .bind(id)
        .execute(connection)
        .await
        .map(|done| done.rows_affected() == 1)
}

/// Takes everything personal out of an account and ends all that it may do. Its name stays taken.
///
/// # Errors
///
/// What the database reports.
pub async fn erase(
    connection: &mut AnyConnection,
    user: &UserRow,
    now_us: i64,
) -> sqlx::Result<()> {
    // What is being added to the account is added before, and goes too, or finds it gone.
    lock(&mut *connection, &user.id).await?;
    for text in [
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM links WHERE user_id = $1",
        "DELETE FROM recovery_codes WHERE user_id = $1",
        "DELETE FROM passkeys WHERE user_id = $1",
        "DELETE FROM passkey_challenges WHERE user_id = $1",
        "DELETE FROM identities WHERE user_id = $1",
        "DELETE FROM organisation_members WHERE user_id = $1",
        "DELETE FROM project_members WHERE user_id = $1",
        // Keys first: a receipt that is just being taken holds its key.
        "DELETE FROM receipt_keys WHERE user_id = $1",
        "DELETE FROM receipts WHERE user_id = $1",
    ] {
        sqlx::query(text)
            .bind(&user.id)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(
        "UPDATE tokens SET revoked_us = $2, label = '' WHERE user_id = $1 AND revoked_us IS NULL",
    )
    .bind(&user.id)
    .bind(now_us)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE users SET email = '', email_verified_us = NULL, password_hash = NULL, \
         totp_secret = NULL, site_role = 'none', deleted_us = $2 WHERE id = $1",
    )
    .bind(&user.id)
    .bind(now_us)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE publishers SET display_name = '', website = '', verified_us = NULL, \
         verified_by = '', deleted_us = $2 WHERE name = $1",
    )
    .bind(&user.name)
    .bind(now_us)
    .execute(connection)
    .await
    .map(drop)
}

/// The name of an account that is not deleted.
///
/// # Errors
///
/// What the database reports.
pub async fn name_of(connection: &mut AnyConnection, id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT name FROM users WHERE id = $1 AND deleted_us IS NULL")
        .bind(id)
        .fetch_optional(connection)
        .await
}
