//! What is kept of an answer, and what names and seals it.

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use http_body_util::BodyExt;

use crate::{
    auth::Caller,
    seeds::Keys,
    vault::{self, Place, Purpose, Sealed},
};

/// No larger answer is kept.
const LARGEST: u64 = 64 * 1024;
/// Tells that an answer is one from before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What belongs to an answer beside its body. One with any other header (a cookie, above all) is not kept.
const KEPT: [HeaderName; 6] =
    [header::CONTENT_TYPE, header::LOCATION, header::LINK, header::ETAG, header::LAST_MODIFIED, header::CACHE_CONTROL];

/// Names a call, tells it from others under the same key, and seals its answer.
pub(super) struct Sealer<'a> {
    keys: &'a Keys,
    caller: &'a Caller,
    name: String,
    prints: Vec<String>,
}

impl<'a> Sealer<'a> {
    /// A key counts for the caller who sent it: the person, or the service key together with the user that it acts for.
    /// The print of a call is made with the seed: what somebody has in a body cannot be guessed at by who has the tables.
    pub(super) fn new(keys: &'a Keys, caller: &'a Caller, key: &str, parts: &Parts, body: &Bytes) -> Self {
        let whose = [caller.org().as_str(), caller.actor(), caller.tenant().owner().as_str(), key];
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        let mut all = vec![b"idempotent call".as_slice()];
        all.extend(whose.iter().chain(&[parts.method.as_str(), path, query]).map(|part| part.as_bytes()));
        all.push(body);
        let prints = keys.all().map(|seed| hex::encode(seed.seal(&all))).collect();
        Self { keys, caller, name: name(&whose), prints }
    }

    /// The row's name. It does not tell the key.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The call's prints: by the current seed, and by the one before it during a rotation.
    pub(super) fn prints(&self) -> &[String] {
        &self.prints
    }

    fn place<'p>(&'p self, print: &'p str) -> Place<'p> {
        Place {
            org: self.caller.org(),
            owner: self.caller.tenant().owner(),
            purpose: Purpose::Answer,
            record: &self.name,
            provider: "",
            field: print,
            grant: 0,
        }
    }

    /// Seals an answer for its call. None where the cipher fails: the call has been carried out, and goes without.
    pub(super) fn seal(&self, kept: &[u8]) -> Option<Sealed> {
        let print = self.prints.first()?;
        let sealed = vault::seal_by_seed(self.keys, &self.place(print), kept);
        sealed.inspect_err(|error| tracing::warn!(%error, "an answer could not be sealed")).ok()
    }

    /// Opens the answer to the call of this print. None where nothing of the keys is left that sealed it.
    pub(super) fn open(&self, print: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        let opened = vault::open_by_seed(self.keys, &self.place(print), sealed);
        opened.inspect_err(|error| tracing::warn!(%error, "a kept answer does not open")).ok()
    }
}

fn name(parts: &[&str]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex::encode(context.finish())
}

/// A success as it is kept, and the answer itself. Nothing where it is no plain answer of a known, small size.
pub(super) async fn packed(response: Response) -> (Option<Vec<u8>>, Response) {
    let (parts, body) = response.into_parts();
    let small = body.size_hint().upper().is_some_and(|size| size <= LARGEST);
    let whole = |name: &HeaderName| KEPT.contains(name) || *name == header::CONTENT_LENGTH;
    if !small || !parts.status.is_success() || !parts.headers.keys().all(whole) {
        return (None, Response::from_parts(parts, body));
    }
    let Ok(body) = body.collect().await else {
        // It broke on its way, and would break for the caller just the same.
        return (None, Response::from_parts(parts, Body::empty()));
    };
    let body = body.to_bytes();
    let kept = head(parts.status, &parts.headers).map(|mut kept| {
        kept.extend_from_slice(&body);
        kept
    });
    (kept, Response::from_parts(parts, Body::from(body)))
}

/// One line of JSON: the status and the headers. The body follows.
fn head(status: StatusCode, headers: &HeaderMap) -> Option<Vec<u8>> {
    let told = headers.iter().filter(|(name, _)| KEPT.contains(name));
    let told = told.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let told: Vec<(&str, &str)> = told.collect::<Option<_>>()?;
    let mut line = serde_json::to_vec(&(status.as_u16(), told)).ok()?;
    line.push(b'\n');
    Some(line)
}

/// The answer again.
pub(super) fn unpacked(kept: &[u8]) -> Option<Response> {
    let end = kept.iter().position(|byte| *byte == b'\n')?;
    let (status, headers): (u16, Vec<(String, String)>) = serde_json::from_slice(&kept[..end]).ok()?;
    let mut response = Response::new(Body::from(kept[end + 1..].to_vec()));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    for (name, value) in headers {
        response.headers_mut().append(name.parse::<HeaderName>().ok()?, value.parse().ok()?);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[tokio::test]
    async fn an_answer_comes_back_as_it_was() {
        let links = [("link", "</a>; rel=\"next\""), ("location", "/api/users/usr_1"), ("link", "</b>")];
        let answer = (StatusCode::CREATED, axum::response::AppendHeaders(links), axum::Json("line\nline"));
        let (kept, told) = packed(answer.into_response()).await;
        let again = unpacked(&kept.unwrap()).unwrap();
        assert_eq!((told.status(), again.status()), (StatusCode::CREATED, StatusCode::CREATED));
        assert_eq!(again.headers()["idempotent-replayed"], "true");
        for name in ["content-type", "link", "location"] {
            let all = |response: &Response| response.headers().get_all(name).iter().cloned().collect::<Vec<_>>();
            assert_eq!(all(&told), all(&again), "{name}");
        }
        let (told, again) = (told.into_body().collect().await.unwrap(), again.into_body().collect().await.unwrap());
        assert_eq!(told.to_bytes(), again.to_bytes());
    }

    #[tokio::test]
    async fn what_is_no_plain_answer_is_not_kept_and_goes_out_whole() {
        let cookie = ([(header::SET_COOKIE, "s=1")], "x").into_response();
        let redirect = axum::response::Redirect::to("/x").into_response();
        let large = "x".repeat(64 * 1024 + 1).into_response();
        let stream = futures_util::stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")]);
        let streamed = Response::new(Body::from_stream(stream));
        for (answer, length) in [(cookie, 1), (redirect, 0), (large, 64 * 1024 + 1), (streamed, 2)] {
            let (kept, told) = packed(answer).await;
            assert!(kept.is_none());
            assert_eq!(told.into_body().collect().await.unwrap().to_bytes().len(), length);
        }
    }
}
