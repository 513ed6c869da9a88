#ifndef JASK_CURL_H
#define JASK_CURL_H

#include <stdbool.h>
#include <stddef.h>

// libcurl's own header stays inside this target: its variadic calls cannot be made from Swift.

/// Many transfers on one thread. All functions but jask_curl_wakeup belong to that thread.
typedef struct jask_curl_multi jask_curl_multi;
/// One request and its response; owned by its multi from jask_curl_add to jask_curl_remove.
typedef struct jask_curl_transfer jask_curl_transfer;

/// One header line with its line end, status lines included.
typedef void (*jask_curl_header_callback)(void *context, const char *line, size_t length);
/// A piece of the body. Returning false ends the transfer.
typedef bool (*jask_curl_body_callback)(void *context, const void *bytes, size_t length);
/// The last call with this context.
typedef void (*jask_curl_release_callback)(void *context);

typedef struct {
    const char *url;
    /// "GET", or "POST" with `body`.
    const char *method;
    /// "name: value" each.
    const char *const *headers;
    size_t header_count;
    /// Copied.
    const void *body;
    size_t body_length;
    /// For name resolution, connection and TLS together.
    long connect_timeout_ms;
    /// Not one of the connections that are kept.
    bool fresh_connection;
    /// The certificate authorities' file, or NULL for the system's.
    const char *ca_file;
    jask_curl_header_callback on_header;
    jask_curl_body_callback on_body;
    void *context;
    /// When libcurl is done with the transfer, or could not set it up. While a transfer is being removed, libcurl may
    /// still call the others.
    jask_curl_release_callback on_release;
} jask_curl_request;

typedef enum {
    JASK_CURL_DONE = 0,             // the whole response came
    JASK_CURL_CONNECT_TIMEOUT = 1,  // no connection within connect_timeout_ms
    JASK_CURL_NOT_CONNECTED = 2,    // name resolution, refused, unreachable
    JASK_CURL_TLS = 3,              // handshake or certificate
    JASK_CURL_BROKEN = 4,           // the connection broke before the response was whole
    JASK_CURL_BAD_URL = 5,          // not a URL, or not http or https
    JASK_CURL_NOT_HTTP = 6,         // the peer does not speak HTTP
    JASK_CURL_OTHER = 7,
} jask_curl_end;

/// NULL when there is no memory. The first call initialises libcurl.
jask_curl_multi *jask_curl_multi_new(void);
/// Removes every transfer first.
void jask_curl_multi_free(jask_curl_multi *multi);

/// Starts a transfer; NULL when it cannot be set up.
jask_curl_transfer *jask_curl_add(jask_curl_multi *multi, const jask_curl_request *request);
/// Ends the transfer at once, if it is still under way, and frees it. Without `keeps_connection` its connection is not
/// used again, if it is still this transfer's.
void jask_curl_remove(jask_curl_multi *multi, jask_curl_transfer *transfer, bool keeps_connection);

/// Does what can be done without waiting; callbacks are called from here. False when libcurl failed.
bool jask_curl_perform(jask_curl_multi *multi);
/// Waits for something to do, at most `timeout_ms`.
bool jask_curl_poll(jask_curl_multi *multi, int timeout_ms);
/// Ends a wait; from any thread.
void jask_curl_wakeup(jask_curl_multi *multi);
/// The next transfer that ended, or NULL. It still has to be removed.
jask_curl_transfer *jask_curl_next_done(jask_curl_multi *multi, jask_curl_end *end);
/// What went wrong, in libcurl's words; valid until the transfer is removed.
const char *jask_curl_message(const jask_curl_transfer *transfer);

#endif
