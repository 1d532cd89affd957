import CCurl

/// One easy handle of curl and what arrives through it. Used on the loop's thread only.
final class CurlTransfer {
  let handle: UnsafeMutableRawPointer
  private(set) var job: CurlJob?
  private(set) var isWritten = false

  private var settings = CurlClient.Settings()
  private var body: [UInt8] = []
  private var headers: [String: String] = [:]
  private var fields: UnsafeMutablePointer<curl_slist>?
  private var isTooLarge = false
  private var isRefusedSecondWriting = false
  private let errorText: UnsafeMutablePointer<CChar>

  /// Seconds a connection may have been idle to be used again; servers close theirs after a minute
  /// or so. A request that must not be repeated takes only one that was in use just now.
  private static let idleSecondsMax = (repeatable: 50, once: 15)

  init?() {
    guard let handle = curl_easy_init() else { return nil }
    self.handle = handle
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(fields)
    errorText.deallocate()
  }

  /// Forgets the request and its answer; the handle serves again.
  func clear() {
    curl_easy_reset(handle)
    curl_slist_free_all(fields)
    (fields, job, body, headers) = (nil, nil, [], [:])
    (isWritten, isTooLarge, isRefusedSecondWriting) = (false, false, false)
  }

  func prepare(_ job: CurlJob, _ settings: CurlClient.Settings) {
    (self.job, self.settings) = (job, settings)
    let request = job.request
    errorText[0] = 0
    _ = rb_curl_bytes(handle, CURLOPT_ERRORBUFFER, errorText)
    _ = rb_curl_text(handle, CURLOPT_URL, job.address.text)
    _ = rb_curl_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    if job.address.isLoopback { _ = rb_curl_text(handle, CURLOPT_PROXY, "") }
    _ = rb_curl_number(handle, CURLOPT_FOLLOWLOCATION, 0)
    prepareConnection(request, isSecure: job.address.isSecure)
    prepareMessage(request)
    rb_curl_callbacks(
      handle, Unmanaged.passUnretained(self).toOpaque(), receiveHeader, receiveBody, willWrite)
  }

  private func prepareConnection(_ request: HTTPRequest, isSecure: Bool) {
    // Signals belong to the program; without this curl uses them for timeouts.
    _ = rb_curl_number(handle, CURLOPT_NOSIGNAL, 1)
    // A look-up of a name under way is left behind and not waited for when the work is stopped.
    _ = rb_curl_number(handle, CURLOPT_QUICK_EXIT, 1)
    _ = rb_curl_number(handle, CURLOPT_TIMEOUT_MS, max(1, request.timeoutMilliseconds))
    _ = rb_curl_number(handle, CURLOPT_CONNECTTIMEOUT_MS, settings.connectMilliseconds)
    _ = rb_curl_number(handle, CURLOPT_LOW_SPEED_LIMIT, settings.slowest.bytesPerSecond)
    _ = rb_curl_number(handle, CURLOPT_LOW_SPEED_TIME, settings.slowest.seconds)
    _ = rb_curl_number(
      handle, CURLOPT_MAXAGE_CONN,
      request.repeatability == .once ? Self.idleSecondsMax.once : Self.idleSecondsMax.repeatable)
    _ = rb_curl_number(handle, CURLOPT_TCP_KEEPALIVE, 1)
    _ = rb_curl_number(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    // Wait for a connection being made, which may carry this request as well. Without TLS curl would
    // wait for the first answer to learn that it cannot.
    _ = rb_curl_number(handle, CURLOPT_PIPEWAIT, isSecure ? 1 : 0)
    _ = rb_curl_number(handle, CURLOPT_SSL_VERIFYPEER, 1)
    _ = rb_curl_number(handle, CURLOPT_SSL_VERIFYHOST, 2)
    _ = rb_curl_number(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    if let file = settings.authorityFile {
      _ = rb_curl_text(handle, CURLOPT_CAINFO, file)
      _ = rb_curl_text(handle, CURLOPT_CAPATH, nil)
    }
  }

  private func prepareMessage(_ request: HTTPRequest) {
    // Empty means every encoding that curl can decode.
    _ = rb_curl_text(handle, CURLOPT_ACCEPT_ENCODING, "")
    _ = rb_curl_text(handle, CURLOPT_USERAGENT, "Rentbook")
    switch (request.method, request.body) {
    case ("HEAD", _): _ = rb_curl_number(handle, CURLOPT_NOBODY, 1)
    case ("GET", nil), ("DELETE", nil): break
    case (_, let body):
      let body = body ?? []
      _ = rb_curl_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, body.count)
      _ = body.withUnsafeBytes { bytes in
        rb_curl_bytes(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(handle))
      }
    }
    if request.method != "HEAD" { _ = rb_curl_text(handle, CURLOPT_CUSTOMREQUEST, request.method) }
    // curl would ask a server's leave for a large body and wait a second for it.
    fields = curl_slist_append(nil, "Expect:")
    if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      fields = curl_slist_append(fields, "Content-Type:")
    }
    for (name, value) in request.headers {
      // With a colon and nothing after it curl would leave the field out.
      fields = curl_slist_append(fields, value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    _ = rb_curl_list(handle, CURLOPT_HTTPHEADER, fields)
  }

  // MARK: What arrives

  /// Whether the request may be written; no for a second time.
  fileprivate func writes() -> Bool {
    guard !isWritten else {
      isRefusedSecondWriting = true
      return false
    }
    isWritten = true
    job?.willWrite()
    return true
  }

  fileprivate func receives(headerLine line: UnsafeRawBufferPointer) {
    let text = String(decoding: line, as: UTF8.self)
    // Each status line begins an answer; what came before was an interim one.
    if text.hasPrefix("HTTP/") { headers = [:] }
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = text[..<colon].lowercased()
    var value = text[text.utf8.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    while value.last?.isWhitespace == true { value.removeLast() }
    headers[name] = headers[name].map { "\($0), \(value)" } ?? String(value)
  }

  fileprivate func receives(body piece: UnsafeRawBufferPointer) -> Bool {
    guard body.count + piece.count <= settings.bodyBytesMax else {
      isTooLarge = true
      return false
    }
    body.append(contentsOf: piece)
    return true
  }

  // MARK: How it ended

  func result(_ code: CURLcode) -> Result<HTTPResponse, TransferError> {
    guard code == CURLE_OK else { return .failure(failure(code)) }
    var status = 0
    var total: curl_off_t = 0
    var beforeWriting: curl_off_t = 0
    _ = rb_curl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
    _ = rb_curl_get_size(handle, CURLINFO_TOTAL_TIME_T, &total)
    _ = rb_curl_get_size(handle, CURLINFO_PRETRANSFER_TIME_T, &beforeWriting)
    return .success(
      HTTPResponse(
        status: status, headers: headers, body: body,
        durationMilliseconds: Int(max(0, total - beforeWriting) / 1000)))
  }

  private func failure(_ code: CURLcode) -> TransferError {
    let host = job?.address.host ?? ""
    let curlText = String(cString: errorText)
    let reason = curlText.isEmpty ? String(cString: curl_easy_strerror(code)) : curlText
    if isTooLarge {
      return TransferError(
        .tooLarge, "\(host): the answer is larger than \(settings.bodyBytesMax) bytes.")
    }
    if isRefusedSecondWriting {
      return TransferError(
        .broken, "\(host): the server closed a kept connection without an answer.")
    }
    guard isWritten else {
      switch code {
      case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
        return TransferError(.badAddress, "\(host): the address cannot be used (\(reason)).")
      case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED,
        CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED:
        return TransferError(.tls, "\(host): no secure connection (\(reason)).")
      default:
        return TransferError(.noConnection, "\(host): no connection (\(reason)).")
      }
    }
    return code == CURLE_OPERATION_TIMEDOUT
      ? TransferError(.timeout, "\(host): no whole answer in time (\(reason)).")
      : TransferError(.broken, "\(host): the answer broke off (\(reason)).")
  }
}

// MARK: curl's callbacks; the context is the transfer, which the loop keeps while curl runs it.

private func transfer(_ context: UnsafeMutableRawPointer) -> CurlTransfer {
  Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
}

private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  transfer(context).receives(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
  return size * count
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
  // Any other number than all of them makes curl give up.
  return transfer(context).receives(body: piece) ? piece.count : -1
}

private func willWrite(
  _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?,
  _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32
) -> Int32 {
  guard let context, transfer(context).writes() else { return Int32(CURL_PREREQFUNC_ABORT) }
  return Int32(CURL_PREREQFUNC_OK)
}
