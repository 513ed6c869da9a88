#include "jask_curl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jask_curl_multi {
    CURLM *handle;
    jask_curl_transfer *first;
};

struct jask_curl_transfer {
    CURL *handle;
    struct curl_slist *headers;
    jask_curl_header_callback on_header;
    jask_curl_body_callback on_body;
    void *context;
    jask_curl_release_callback on_release;
    jask_curl_transfer *next;
    CURLcode code;
    char message[CURL_ERROR_SIZE];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

jask_curl_multi *jask_curl_multi_new(void) {
    pthread_once(&once, initialise);
    jask_curl_multi *multi = calloc(1, sizeof(*multi));
    if (!multi) return NULL;
    multi->handle = curl_multi_init();
    if (!multi->handle) {
        free(multi);
        return NULL;
    }
    return multi;
}

void jask_curl_multi_free(jask_curl_multi *multi) {
    if (!multi) return;
    while (multi->first) jask_curl_remove(multi, multi->first, true);
    curl_multi_cleanup(multi->handle);
    free(multi);
}

static size_t header(char *bytes, size_t size, size_t count, void *context) {
    jask_curl_transfer *transfer = context;
    transfer->on_header(transfer->context, bytes, size * count);
    return size * count;
}

static size_t body(char *bytes, size_t size, size_t count, void *context) {
    jask_curl_transfer *transfer = context;
    return transfer->on_body(transfer->context, bytes, size * count) ? size * count : CURL_WRITEFUNC_ERROR;
}

static void release(jask_curl_transfer *transfer) {
    if (transfer->handle) curl_easy_cleanup(transfer->handle);
    curl_slist_free_all(transfer->headers);
    transfer->on_release(transfer->context);
    free(transfer);
}

static bool append_headers(jask_curl_transfer *transfer, const jask_curl_request *request) {
    // An empty Expect keeps libcurl from waiting for "100 Continue" before it sends the body.
    transfer->headers = curl_slist_append(NULL, "Expect:");
    if (!transfer->headers) return false;
    for (size_t index = 0; index < request->header_count; index++) {
        struct curl_slist *longer = curl_slist_append(transfer->headers, request->headers[index]);
        if (!longer) return false;
        transfer->headers = longer;
    }
    return true;
}

// What goes to this machine does not go through a proxy of the environment.
static bool is_loopback(const char *url) {
    CURLU *parts = curl_url();
    char *host = NULL;
    bool loopback = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                    (!strcmp(host, "localhost") || !strcmp(host, "127.0.0.1") || !strcmp(host, "[::1]"));
    curl_free(host);
    curl_url_cleanup(parts);
    return loopback;
}

static bool set_options(jask_curl_transfer *transfer, const jask_curl_request *request) {
    CURL *handle = transfer->handle;
    int failed = 0;
    failed |= curl_easy_setopt(handle, CURLOPT_URL, request->url);
    failed |= curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    failed |= curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    failed |= curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    failed |= curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, request->fresh_connection ? 1L : 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
    // A transfer that ends while its name is being resolved does not wait for that, and hold up all the others.
    failed |= curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#endif
    failed |= curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer->headers);
    failed |= curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer->message);
    failed |= curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
    failed |= curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
    failed |= curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
    failed |= curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
    failed |= curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer);
    if (request->ca_file) failed |= curl_easy_setopt(handle, CURLOPT_CAINFO, request->ca_file);
    if (is_loopback(request->url)) failed |= curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    if (strcmp(request->method, "POST") == 0) {
        failed |= curl_easy_setopt(handle, CURLOPT_POST, 1L);
        failed |= curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        failed |= curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, request->body);
    } else {
        failed |= curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    }
    return failed == 0;
}

jask_curl_transfer *jask_curl_add(jask_curl_multi *multi, const jask_curl_request *request) {
    jask_curl_transfer *transfer = calloc(1, sizeof(*transfer));
    if (!transfer) {
        request->on_release(request->context);
        return NULL;
    }
    transfer->on_header = request->on_header;
    transfer->on_body = request->on_body;
    transfer->context = request->context;
    transfer->on_release = request->on_release;
    transfer->handle = curl_easy_init();
    if (!transfer->handle || !append_headers(transfer, request) || !set_options(transfer, request) ||
        curl_multi_add_handle(multi->handle, transfer->handle) != CURLM_OK) {
        release(transfer);
        return NULL;
    }
    transfer->next = multi->first;
    multi->first = transfer;
    return transfer;
}

void jask_curl_remove(jask_curl_multi *multi, jask_curl_transfer *transfer, bool keeps_connection) {
    for (jask_curl_transfer **link = &multi->first; *link; link = &(*link)->next) {
        if (*link != transfer) continue;
        *link = transfer->next;
        if (!keeps_connection) curl_easy_setopt(transfer->handle, CURLOPT_FORBID_REUSE, 1L);
        curl_multi_remove_handle(multi->handle, transfer->handle);
        release(transfer);
        return;
    }
}

bool jask_curl_perform(jask_curl_multi *multi) {
    int running = 0;
    return curl_multi_perform(multi->handle, &running) == CURLM_OK;
}

bool jask_curl_poll(jask_curl_multi *multi, int timeout_ms) {
    return curl_multi_poll(multi->handle, NULL, 0, timeout_ms, NULL) == CURLM_OK;
}

void jask_curl_wakeup(jask_curl_multi *multi) { curl_multi_wakeup(multi->handle); }

static jask_curl_end end_of(CURLcode code) {
    switch (code) {
    case CURLE_OK: return JASK_CURL_DONE;
    // No other time limit is set in libcurl.
    case CURLE_OPERATION_TIMEDOUT: return JASK_CURL_CONNECT_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: return JASK_CURL_NOT_CONNECTED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION: return JASK_CURL_TLS;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return JASK_CURL_BROKEN;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return JASK_CURL_BAD_URL;
    case CURLE_WEIRD_SERVER_REPLY: return JASK_CURL_NOT_HTTP;
    default: return JASK_CURL_OTHER;
    }
}

jask_curl_transfer *jask_curl_next_done(jask_curl_multi *multi, jask_curl_end *end) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi->handle, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        char *found = NULL;
        CURLcode code = message->data.result;
        if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found) != CURLE_OK || !found) continue;
        jask_curl_transfer *transfer = (jask_curl_transfer *)(void *)found;
        transfer->code = code;
        *end = end_of(code);
        // The system's own word ("Connection refused") says more than libcurl's.
        long number = 0;
        if (code == CURLE_COULDNT_CONNECT &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number != 0)
            snprintf(transfer->message, sizeof(transfer->message), "%s", strerror((int)number));
        // libcurl names an answer without a status line an unsupported protocol too (HTTP/0.9).
        long connections = 0;
        if (code == CURLE_UNSUPPORTED_PROTOCOL &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_NUM_CONNECTS, &connections) == CURLE_OK &&
            connections > 0)
            *end = JASK_CURL_NOT_HTTP;
        return transfer;
    }
    return NULL;
}

const char *jask_curl_message(const jask_curl_transfer *transfer) {
    return transfer->message[0] ? transfer->message : curl_easy_strerror(transfer->code);
}
