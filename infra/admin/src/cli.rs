//! The commands and their arguments, as `--help` tells them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use shared::{id::OrgId, vault::Purpose};

/// Looks after an installation of Postern
#[derive(Parser)]
#[command(name = "admin", after_help = ENDS)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Say the result as one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const ENDS: &str = "Say which installation by --local or --stack.\n\nExit codes: 0 done; 1 failed, or not to the end: run it \
again; 2 wrong arguments, settings or files, nothing was done; 3 done, and something needs a person, which the output \
names. Results go to standard output, remarks to standard error.\n\nOn AWS, AWS_REGION and credentials come from the environment, and settings from \
the variables that functions have (TABLE_PREFIX, VAULT_KEY_ID …) or from --stack.";

/// Which installation
#[derive(Args)]
pub(crate) struct Place {
    /// The local server's data, in the folder `POSTERN_DIR` or .postern; the server must be stopped
    #[arg(long, global = true, conflicts_with = "stack")]
    pub(crate) local: bool,
    /// The deployment on AWS that was made as a stack of this name
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) stack: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a fresh installation, list its catalogue, and make the first administrator
    Seed(Seed),
    /// Take over the data of an older system
    Migrate(Migrate),
    /// Look whether an older system's data is here and opens, and print the commands that remove it there; runs none
    Cleanup(Cleanup),
    /// Rotate, rewrap, retire and shred data keys
    #[command(subcommand)]
    Keys(Keys),
    /// Refresh tokens now
    #[command(subcommand)]
    Refresh(Refresh),
    /// Look for connections in trouble
    #[command(subcommand)]
    Integrations(Integrations),
    /// Say who may come in
    #[command(subcommand)]
    Users(Users),
    /// Check the audit trail
    #[command(subcommand)]
    Audit(Audit),
    /// Print the OpenAPI document of all operations
    Openapi,
}

#[derive(Args)]
pub(crate) struct Seed {
    /// Make an account with this address, and an organisation of its own, of which it is the administrator. The address
    /// counts as proven: you vouch for it
    #[arg(long, value_name = "EMAIL")]
    pub(crate) admin: Option<String>,
    /// Not an organisation of its own, but this one: the account is made there, or its member becomes an administrator
    #[arg(long, value_name = "ORG", requires = "admin")]
    pub(crate) org: Option<OrgId>,
    /// The account's name
    #[arg(long, default_value = "Administrator")]
    pub(crate) name: String,
    /// Read a new account's password from the first line of standard input
    #[arg(long, requires = "admin")]
    pub(crate) password_stdin: bool,
}

/// An older system
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Old {
    /// The Planka login of LibreChat: its collection `keys` (needs `CREDS_KEY` and `CREDS_IV`)
    D0,
    /// Central credentials: the table `credentials`, as CSV or JSON
    D1,
    /// TeamLabs: users with their connections, or the collection `integrations`
    D2,
    /// The workflow builder's credentials.json
    D4,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
#[derive(Args, Clone)]
pub(crate) struct Migrate {
    /// Which one
    pub(crate) from: Old,
    /// Its export: a JSON list, a JSON record a line, or D1's table as CSV
    pub(crate) file: PathBuf,
    /// The organisation that everything goes to; D2's users bring their own otherwise
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// Whose the records are that name nobody (D4's): a user's id or e-mail address, or the word `organisation`
    #[arg(long, value_name = "WHO")]
    pub(crate) owner: Option<String>,
    /// Who is who, as JSON: {"users": {"old id, name or address": "id or address here"}, "organisations": {"old id": "id
    /// here"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// The older installation's name, where several are migrated: D2 numbers its organisations, and 1 is another in each
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Also give connections to accounts whose e-mail address nobody has proven yet
    #[arg(long)]
    pub(crate) trust_emails: bool,
    /// Leave out records of people who have no account here, instead of making one without a password
    #[arg(long)]
    pub(crate) no_new_users: bool,
    /// Also make accounts for D2's users who have no connection in this file
    #[arg(long, conflicts_with = "no_new_users")]
    pub(crate) all_users: bool,
    /// Columns of D1's table, or members of credentials, that may be left out, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    pub(crate) ignore: Vec<String>,
    /// Only say what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write every record that was left out into this file, a JSON object a line, without its secrets
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Cleanup {
    /// Which one
    pub(crate) from: Old,
    /// Its export, the same that was migrated
    pub(crate) file: PathBuf,
    /// As given to `migrate`
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// As given to `migrate`
    #[arg(long, value_name = "WHO")]
    pub(crate) owner: Option<String>,
    /// As given to `migrate`
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// As given to `migrate`
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// As given to `migrate`
    #[arg(long)]
    pub(crate) trust_emails: bool,
    /// As given to `migrate`
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    pub(crate) ignore: Vec<String>,
}

impl Cleanup {
    /// The migration that it looks after.
    pub(crate) fn migrate(&self) -> Migrate {
        Migrate {
            from: self.from,
            file: self.file.clone(),
            org: self.org.clone(),
            owner: self.owner.clone(),
            map: self.map.clone(),
            source: self.source.clone(),
            trust_emails: self.trust_emails,
            no_new_users: true,
            all_users: false,
            ignore: self.ignore.clone(),
            dry_run: true,
            rejects: None,
        }
    }
}

/// Data keys
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Add a version and seal everything again with it; taken up where an earlier run was cut short
    Rotate(Which),
    /// Wrap data keys with the first customer key of `VAULT_KEY_ID` (`new,old`)
    Rewrap(Which),
    /// Stop accepting versions before the current one, where nothing is sealed with them any more
    Raise(Which),
    /// Delete an organisation's data keys: nothing of it ever opens again
    Shred(Shred),
    /// List data keys and their versions
    List(Which),
}

#[derive(Args)]
pub(crate) struct Which {
    /// One organisation's; this or `--all` must be said, but for `list`
    #[arg(long, conflicts_with = "all")]
    pub(crate) org: Option<OrgId>,
    /// Every organisation's
    #[arg(long)]
    pub(crate) all: bool,
    /// Those for one purpose: integration, handshake, webhook or setting
    #[arg(long, value_parser = purpose)]
    pub(crate) purpose: Option<Purpose>,
}

fn purpose(text: &str) -> Result<Purpose, String> {
    Purpose::parse(text).ok_or_else(|| "there is no such purpose".to_owned())
}

#[derive(Args)]
pub(crate) struct Shred {
    /// The organisation
    #[arg(long)]
    pub(crate) org: OrgId,
    /// The organisation's id once more, in place of typing it
    #[arg(long, value_name = "ORG")]
    pub(crate) confirm: Option<String>,
}

/// Refreshing
#[derive(Subcommand)]
pub(crate) enum Refresh {
    /// Refresh one integration, or all that are due
    Now(Now),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Now {
    /// The integration's id
    pub(crate) id: Option<String>,
    /// All that are due
    #[arg(long)]
    pub(crate) due: bool,
}

/// Connections
#[derive(Subcommand)]
pub(crate) enum Integrations {
    /// List those that the provider refuses, that had three errors in a row or more, or whose token has ended with nothing
    /// to renew it
    Problematic,
}

/// People
#[derive(Subcommand)]
pub(crate) enum Users {
    /// Let somebody in no more: sessions end, and so do service keys that they made. What they connected stays
    Deactivate(Who),
    /// Let them in again
    Activate(Who),
}

#[derive(Args)]
pub(crate) struct Who {
    /// The user's id or e-mail address
    pub(crate) who: String,
}

/// The audit trail
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Check every seal, and every entry against its seal
    Verify(Verify),
    /// Print the heads of all seals, a JSON object a line, to keep them elsewhere
    Heads,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// One organisation's alone
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// Also check against heads that were kept elsewhere (`audit heads`)
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
}
