// Buildium's HTTP interface: addresses, headers, paging and answers.
//
// Pacing, retries and the wire itself belong to whoever implements `HTTPSending`.
import Background
import Domain
import HTTP
import Sync

/// How Rentbook names itself to Buildium.
public enum BuildiumCredentials: Sendable {
  /// Two fixed headers, the way Buildium documents.
  case apiKey(clientID: String, secret: String)
  /// OAuth2 client credentials: a token is fetched from `tokenURL` and renewed before it expires.
  /// Buildium itself has no such thing; gateways in front of it may.
  case clientCredentials(clientID: String, secret: String, tokenURL: String)
}

/// One part of a query. Arrays repeat the name: Buildium ignores every other form silently.
typealias QueryItem = (name: String, value: String)

/// A client of Buildium's API. Calls block; any thread may call.
public final class BuildiumAPI: Sendable {
  /// The most rows Buildium gives in one answer.
  static let pageMax = 1000
  /// A longer query is answered with a 500.
  static let queryCharactersMax = 4096
  /// The longest range of dates in one request, counted from the first day to the last.
  static let windowDays = 365

  private let base: String
  private let http: any HTTPSending
  private let authority: BuildiumAuthority
  private let clock: any Clock
  private let lead = Lock<Int64?>(nil)

  /// How far Buildium's clock is ahead of ours, in milliseconds, as the last answer told.
  var clockLeadMilliseconds: Int64? { lead.withLock(\.self) }

  /// A client.
  ///
  /// - Parameter baseURL: `https://api.buildium.com` or the sandbox; a slash or `/v1` at its end
  ///   makes no difference.
  public init(
    baseURL: String, credentials: BuildiumCredentials, http: any HTTPSending, clock: any Clock
  ) {
    var base = Substring(baseURL)
    while base.hasSuffix("/") { base.removeLast() }
    if base.hasSuffix("/v1") { base.removeLast(3) }
    while base.hasSuffix("/") { base.removeLast() }
    self.base = String(base)
    self.http = http
    self.clock = clock
    authority = BuildiumAuthority(credentials, http: http, clock: clock)
  }

  /// An answer that was understood.
  struct Answer: Sendable {
    let json: JSONValue
    /// `X-Total-Count`; not every list has it.
    let total: Int?
  }

  /// Reads.
  ///
  /// - Throws: ``ProviderError`` with the kind that goes with the status.
  func get(
    _ path: String, _ query: [QueryItem] = [], cancellation: Cancellation
  ) throws(ProviderError) -> Answer {
    try call("GET", path, query, body: nil, repeatability: .repeatable, cancellation)
  }

  /// Writes.
  ///
  /// A POST is sent once: when no clear answer comes the error is of kind `doubt`. PUT and PATCH
  /// give the same state when repeated, except lists of lines without ids.
  ///
  /// - Throws: ``ProviderError`` with the kind that goes with the status.
  public func send(
    _ method: String, _ path: String, _ body: JSONValue, cancellation: Cancellation
  ) throws(ProviderError) -> JSONValue {
    try call(
      method, path, [], body: body, repeatability: method == "POST" ? .once : .repeatable,
      cancellation
    ).json
  }

  /// Writes, sending the request once whatever the method is: a replacement repeated later would
  /// also replace what was changed in between.
  ///
  /// - Throws: ``ProviderError``; of kind `doubt` when the request may have been carried out.
  func sendOnce(
    _ method: String, _ path: String, _ body: JSONValue, cancellation: Cancellation
  ) throws(ProviderError) -> JSONValue {
    try call(method, path, [], body: body, repeatability: .once, cancellation).json
  }

  /// A list of objects.
  struct List: Sendable {
    let rows: [JSONValue]
    let total: Int?
  }

  /// One page of a list.
  ///
  /// - Parameter order: the key to sort by; rows must not move while pages are read.
  func list(
    _ path: String, _ query: [QueryItem] = [], offset: Int = 0, order: String? = "Id asc",
    limit: Int = BuildiumAPI.pageMax, cancellation: Cancellation
  ) throws(ProviderError) -> List {
    var query = query
    if let order { query.append(("orderby", order)) }
    query.append(("offset", String(offset)))
    query.append(("limit", String(limit)))
    let answer = try get(path, query, cancellation: cancellation)
    guard let rows = answer.json.array else {
      throw .unexpected(
        "Buildium answered GET \(path) with \(answer.json.typeName) instead of a list.")
    }
    return List(rows: rows, total: answer.total)
  }

  /// All rows of a list that is known to be short (what hangs on one record).
  func all(
    _ path: String, _ query: [QueryItem] = [], cancellation: Cancellation
  ) throws(ProviderError) -> [JSONValue] {
    var rows: [JSONValue] = []
    for _ in 0..<Self.pagesOfOneRecordMax {
      let page = try list(path, query, offset: rows.count, cancellation: cancellation)
      rows += page.rows
      if page.rows.count < Self.pageMax { return rows }
    }
    throw .unexpected("Buildium's list GET \(path) does not end after \(rows.count) rows.")
  }

  /// 100,000 rows on one record; more means that the offset is ignored.
  private static let pagesOfOneRecordMax = 100

  // MARK: One exchange

  private func call(
    _ method: String, _ path: String, _ query: [QueryItem], body: JSONValue?,
    repeatability: HTTPRequest.Repeatability, _ cancellation: Cancellation
  ) throws(ProviderError) -> Answer {
    let text = Self.queryText(query)
    guard text.utf8.count <= Self.queryCharactersMax else {
      throw ProviderError(
        .buildium, .refused,
        "The request \(method) \(path) would have a query of \(text.utf8.count) characters;"
          + " Buildium takes \(Self.queryCharactersMax).")
    }
    let url = base + path + (text.isEmpty ? "" : "?" + text)
    let what = "\(method) \(path)"
    var response = try exchange(
      method, url, body, repeatability, try authority.headers(cancellation), what, cancellation)
    if response.status == 401, authority.renew() {
      response = try exchange(
        method, url, body, repeatability, try authority.headers(cancellation), what, cancellation)
    }
    guard (200..<300).contains(response.status) else {
      throw BuildiumFailure.error(
        response, what: what, path: path, isRepeatable: repeatability == .repeatable)
    }
    if response.body.isEmpty { return Answer(json: .null, total: nil) }
    do {
      return Answer(
        json: try BuildiumFailure.document(response, what: what),
        total: response.headers["x-total-count"].flatMap { Int($0) })
    } catch {
      guard repeatability == .once else { throw error }
      // It was carried out; only what came of it cannot be read.
      throw BuildiumFailure.doubt(error)
    }
  }

  private func exchange(
    _ method: String, _ url: String, _ body: JSONValue?,
    _ repeatability: HTTPRequest.Repeatability, _ authorisation: [(name: String, value: String)],
    _ what: String, _ cancellation: Cancellation
  ) throws(ProviderError) -> HTTPResponse {
    var headers = authorisation
    headers.append(("Accept", "application/json"))
    if body != nil { headers.append(("Content-Type", "application/json")) }
    do {
      let response = try http.send(
        HTTPRequest(
          method, url, headers: headers, body: body?.bytes, repeatability: repeatability),
        cancellation: cancellation)
      if let date = response.dateMilliseconds {
        let now = clock.wallMilliseconds
        lead.withLock { $0 = date - now }
      }
      return response
    } catch {
      throw BuildiumFailure.error(error, what: what, isRepeatable: repeatability == .repeatable)
    }
  }

  // MARK: Queries

  /// `a=1&a=2&orderby=Id%20asc`.
  static func queryText(_ query: [QueryItem]) -> String {
    query.map { "\(PercentEncoding.component($0.name))=\(PercentEncoding.component($0.value))" }
      .joined(separator: "&")
  }
}
