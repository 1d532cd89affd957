#pragma once
#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call;
// one function for each type of value.
static inline CURLcode rb_curl_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode rb_curl_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode rb_curl_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode rb_curl_bytes(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode rb_curl_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLMcode rb_curl_multi_number(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLcode rb_curl_get_number(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode rb_curl_get_size(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}

typedef size_t (*rb_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

// Who is called with header lines, with pieces of the body, and when a request is about to be
// written to its connection.
static inline void rb_curl_callbacks(CURL *handle, void *context, rb_curl_receiver header,
                                     rb_curl_receiver body, curl_prereq_callback will_write) {
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, will_write);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, context);
}

// The result stands in a C union.
static inline CURLcode rb_curl_result(const CURLMsg *message) { return message->data.result; }

// CURL_GLOBAL_DEFAULT is a computed macro, which does not import.
static inline CURLcode rb_curl_prepare(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
