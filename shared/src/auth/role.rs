//! Roles, and what each may do: the one table. Nothing else in the house compares roles to decide that.

use serde::{Deserialize, Serialize};

use super::Scope;

/// What a person is in the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May see and change what the other members have, and make keys for all of them.
    Admin,
    /// May do everything with what is theirs.
    Member,
    /// May look at what is theirs.
    Guest,
}

/// Something that not everybody may do who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// What a service key of this scope does, with one's own things.
    Own(Scope),
    /// See who is in the organisation.
    SeeMembers,
    /// Name the organisation and set what it allows; invite, change roles, remove members.
    ManageOrganisation,
    /// See and change what other members have, their keys included.
    OthersThings,
}

impl Right {
    /// The table: who has it.
    fn roles(self) -> &'static [Role] {
        use Role::{Admin, Guest, Member};
        match self {
            Self::Own(Scope::IntegrationsRead) => &[Admin, Member, Guest],
            Self::Own(
                Scope::TokensRead
                | Scope::IntegrationsWrite
                | Scope::CredentialsReveal
                | Scope::UsersAct
                | Scope::UsageWrite
                | Scope::UsageRead,
            )
            | Self::SeeMembers => &[Admin, Member],
            Self::Own(Scope::UsersManage) | Self::ManageOrganisation | Self::OthersThings => &[Admin],
        }
    }
}

impl Role {
    /// Whether the role has the right.
    pub fn may(self, right: Right) -> bool {
        right.roles().contains(&self)
    }

    /// How it is stored and told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_may_do_whatever_anybody_may() {
        let own = Scope::ALL.iter().map(|scope| Right::Own(*scope));
        for right in own.chain([Right::SeeMembers, Right::ManageOrganisation, Right::OthersThings]) {
            assert!(Role::Admin.may(right), "{right:?}");
            assert!(Role::Member.may(right) || !Role::Guest.may(right), "{right:?}: a guest may more than a member");
        }
    }

    #[test]
    fn a_role_is_written_the_same_in_json_and_in_rows() {
        for role in [Role::Admin, Role::Member, Role::Guest] {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!(serde_json::from_str::<Role>("\"owner\"").is_err());
    }
}
