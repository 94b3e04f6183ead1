//! What forms that are islands share.

/// Makes known to the island's forms why the server sent a plain form back to this page, as the
/// server did when it rendered it: both then show the same.
#[cfg(feature = "hydrate")]
pub(crate) fn provide_refusal() {
    use leptos::{prelude::*, server::ServerActionError, web_sys::UrlSearchParams};
    let search = location().search().unwrap_or_default();
    let Ok(parameters) = UrlSearchParams::new_with_str(&search) else {
        return;
    };
    if let (Some(path), Some(error)) = (parameters.get("__path"), parameters.get("__err")) {
        provide_context(ServerActionError::new(&path, &error));
    }
}

/// On the server the router has done so already.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn provide_refusal() {}
