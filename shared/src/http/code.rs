//! Every error code of the product, with its status and title, in one table.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// A stable, machine-readable error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes, for the contract test.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The dotted text that clients compare.
            pub fn as_str(self) -> &'static str { match self { $(Code::$name => $code,)* } }
            /// The HTTP status it is told with.
            pub fn status(self) -> StatusCode { match self { $(Code::$name => StatusCode::$status,)* } }
            /// A short, fixed summary.
            pub fn title(self) -> &'static str { match self { $(Code::$name => $title,)* } }
        }
    };
}

codes! {
    /// The body or a parameter cannot be parsed.
    Malformed = "request.malformed", BAD_REQUEST, "Malformed request";
    /// It parses, but a value is not acceptable; `errors` names each.
    Invalid = "request.invalid", BAD_REQUEST, "Invalid request";
    /// The body is larger than the operation takes.
    TooLarge = "request.too_large", PAYLOAD_TOO_LARGE, "Request too large";
    /// A body of this content type is not taken here.
    UnsupportedMediaType = "request.unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// No such path.
    NoSuchPath = "request.no_such_path", NOT_FOUND, "No such path";
    /// The path is there, the method is not.
    MethodNotAllowed = "request.method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// No credential was sent, or none that is valid.
    Unauthenticated = "auth.required", UNAUTHORIZED, "Authentication required";
    /// E-mail or password is wrong.
    InvalidCredentials = "auth.invalid_credentials", UNAUTHORIZED, "Invalid credentials";
    /// The account has been switched off.
    Deactivated = "auth.deactivated", UNAUTHORIZED, "Account is deactivated";
    /// A refresh token that is unknown, expired, revoked or was used before.
    InvalidToken = "auth.invalid_token", UNAUTHORIZED, "Invalid token";
    /// Something else than a refresh token was sent where one belongs.
    WrongTokenType = "auth.wrong_token_type", UNAUTHORIZED, "Invalid token type";
    /// The caller is known and may not do this.
    Forbidden = "auth.forbidden", FORBIDDEN, "Forbidden";
    /// The service key lacks the scope.
    ScopeMissing = "auth.scope_missing", FORBIDDEN, "Scope missing";
    /// A cookie came from a page of another site.
    ForeignOrigin = "auth.foreign_origin", FORBIDDEN, "Foreign origin";
    /// Banned for a while after too many failures.
    Banned = "auth.banned", FORBIDDEN, "Temporarily banned";
    /// A user with this e-mail is there already.
    EmailTaken = "auth.email_taken", BAD_REQUEST, "E-mail already registered";
    /// The link of a mail (verification, reset, invitation) is unknown, used, too old or meant for another address.
    LinkInvalid = "auth.link_invalid", BAD_REQUEST, "Link no longer good";
    /// The caller must prove the address of their own account first.
    EmailUnproven = "auth.email_unproven", FORBIDDEN, "Address not proven";
    /// The organisation would be left without an administrator.
    LastAdmin = "organisation.last_admin", CONFLICT, "Last administrator";
    /// What the caller has here must be ended before another organisation can be joined.
    NotEmpty = "organisation.not_empty", CONFLICT, "Organisation not empty";
    /// The operator's limit on members or integrations is reached.
    LimitReached = "organisation.limit_reached", CONFLICT, "Limit reached";
    /// The connect link is used, not at this step, or the confirmation does not fit it.
    ConnectLinkRefused = "connect.link_refused", CONFLICT, "Connect link refused";
    /// Too many requests; `Retry-After` says when to come back.
    RateLimited = "rate.limited", TOO_MANY_REQUESTS, "Too many requests";
    /// The thing named in the path is not there, or not yours.
    NotFound = "resource.not_found", NOT_FOUND, "Not found";
    /// Another request changed or holds the thing.
    Conflict = "resource.conflict", CONFLICT, "Conflict";
    /// The first call with this idempotency key is being carried out; `Retry-After` says for how long at most.
    IdempotencyRunning = "idempotency.running", CONFLICT, "Call still running";
    /// The call was carried out, and its answer is not kept.
    IdempotencyNotKept = "idempotency.not_kept", CONFLICT, "Answer not kept";
    /// The idempotency key was used for another call.
    IdempotencyMismatch = "idempotency.mismatch", UNPROCESSABLE_ENTITY, "Idempotency key used for another call";
    /// The catalogue has no such provider.
    UnknownProvider = "provider.unknown", NOT_FOUND, "Unknown provider";
    /// The provider has no OAuth, or not here.
    OauthUnsupported = "provider.oauth_unsupported", INTERNAL_SERVER_ERROR, "OAuth not supported";
    /// The operator has not set this provider's client id and secret.
    NotConfigured = "provider.not_configured", BAD_REQUEST, "Provider not configured";
    /// The provider refused the credential.
    CredentialRefused = "provider.credential_refused", BAD_REQUEST, "Credential refused";
    /// The provider answered with an error or not at all.
    ProviderFailed = "provider.failed", BAD_GATEWAY, "Provider failed";
    /// The mail server refused the message or its receiver.
    MailRefused = "mail.refused", BAD_REQUEST, "Mail refused";
    /// The user's consent is gone: connect again.
    ReauthRequired = "integration.reauth_required", CONFLICT, "Reconnect required";
    /// The token cannot be had at the moment: try again.
    TokenUnavailable = "integration.token_unavailable", SERVICE_UNAVAILABLE, "Token unavailable";
    /// State unknown, expired, used or somebody else's.
    InvalidState = "oauth.invalid_state", BAD_REQUEST, "Invalid state";
    /// The handshake ran out before it came back.
    HandshakeExpired = "oauth.handshake_expired", BAD_REQUEST, "Handshake expired";
    /// The provider or the user said no, or the code did not exchange.
    HandshakeFailed = "oauth.handshake_failed", BAD_REQUEST, "Handshake failed";
    /// The redirect or return address is on no list.
    RedirectRefused = "oauth.redirect_refused", BAD_REQUEST, "Redirect refused";
    /// An address that may not be called from here.
    AddressRefused = "egress.address_refused", BAD_REQUEST, "Address refused";
    /// A part the answer needs is down; nothing was lost.
    Unavailable = "service.unavailable", SERVICE_UNAVAILABLE, "Service unavailable";
    /// A defect of ours.
    Internal = "service.internal", INTERNAL_SERVER_ERROR, "Internal error";
}
