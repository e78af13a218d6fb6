//! Rules on web addresses: `WebFetch(domain:example.com)`.

/// The host of an address.
pub(crate) fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    (!host.is_empty()).then_some(host)
}

/// Whether a rule speaks of an address.
pub(super) fn covers(content: &str, url: &str) -> bool {
    let Some(host) = host(url) else { return false };
    match content.strip_prefix("domain:") {
        Some(domain) => match domain.strip_prefix("*.") {
            Some(parent) => host
                .strip_suffix(parent)
                .is_some_and(|sub| sub.ends_with('.')),
            None => domain.eq_ignore_ascii_case(host),
        },
        None => content == url,
    }
}
