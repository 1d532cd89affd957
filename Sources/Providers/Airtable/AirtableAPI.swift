// Airtable's HTTP interface: addresses, paging, batches and what counts as an answer.
//
// Pacing, retries and the wire itself belong to whoever implements `HTTPSending`.
import Background
import Domain
import HTTP
import Sync

/// A client of one base. Calls block; any thread may call.
public struct AirtableAPI: Sendable, CustomStringConvertible, CustomReflectable {
  /// The service itself; a sandbox has another address.
  public static let defaultAddress = "https://api.airtable.com"
  /// Rows in one request that writes.
  static let batchMax = 10
  /// Rows in one answer.
  static let pageMax = 100
  /// A longer address is refused; the same list is then asked for by POST.
  static let addressCharactersMax = 16_000
  /// 1,000,000 rows, twice what the largest plan holds; more means an offset that does not move.
  static let pagesMax = 10_000
  /// How often a listing whose iterator expired starts again.
  static let restartsMax = 3

  /// The base's id; empty when none is set.
  public let base: String
  private let http: any HTTPSending
  private let address: String
  private let token: String

  /// A client.
  ///
  /// - Parameters:
  ///   - address: ``defaultAddress``, or a sandbox's; a slash or `/v0` at its end makes no
  ///     difference.
  ///   - token: a personal access token. It leaves only in the header of a request.
  public init(
    base: String, token: String, address: String = AirtableAPI.defaultAddress,
    http: any HTTPSending
  ) {
    var address = Substring(address)
    while address.hasSuffix("/") { address.removeLast() }
    if address.hasSuffix("/v0") { address.removeLast(3) }
    while address.hasSuffix("/") { address.removeLast() }
    (self.base, self.token, self.address, self.http) = (base, token, String(address), http)
  }

  /// The base, without the token.
  public var description: String { "Airtable base \(base)" }
  /// The base, without the token, for whoever takes a value apart to print it.
  public var customMirror: Mirror { Mirror(self, children: ["base": base]) }

  // MARK: Records

  /// A row as Airtable gave it. A cell that is empty is missing.
  struct Row: Sendable, Hashable {
    var id: String
    /// By field id.
    var cells: JSONObject
    /// When it was made, by Airtable's clock; in answers only.
    var createdAt: Instant?
  }

  /// A list of rows.
  struct Query: Sendable {
    var table: String
    /// Ids of the fields asked for. Without any, all are given.
    var fields: [String] = []
    var formula: AirtableFormula?
    var pageSize = AirtableAPI.pageMax
  }

  /// One page of a list, by GET, or by POST where the address would be too long.
  ///
  /// - Parameter offset: where the last page ended.
  func page(
    _ query: Query, offset: String?, _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> (rows: [Row], offset: String?) {
    var items: [(String, String)] = [
      ("pageSize", String(query.pageSize)), ("returnFieldsByFieldId", "true"),
    ]
    items += query.fields.map { ("fields[]", $0) }
    if let formula = query.formula { items.append(("filterByFormula", formula.description)) }
    if let offset { items.append(("offset", offset)) }
    let path = ["v0", base, query.table]
    let answer: JSONValue
    if url(path, items).utf8.count < Self.addressCharactersMax {
      answer = try exchange("GET", path, items, call: call, cancellation)
    } else {
      var body = JSONObject([
        "pageSize": .int(query.pageSize), "returnFieldsByFieldId": true,
      ])
      if !query.fields.isEmpty { body["fields"] = .array(query.fields.map(JSONValue.string)) }
      body["filterByFormula"] = query.formula.map { .string($0.description) }
      body["offset"] = offset.map(JSONValue.string)
      answer = try exchange(
        "POST", path + ["listRecords"], body: .object(body), call: call, cancellation)
    }
    guard let records = answer["records"]?.array else {
      throw AirtableFailure(unexpected: "the answer has no records", call)
    }
    return (
      try records.map { record throws(AirtableFailure) in try row(record, call) },
      answer["offset"]?.string
    )
  }

  /// All rows of a list. Starts again, a bounded number of times, when Airtable loses its place.
  func all(
    _ query: Query, _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> [Row] {
    var rows: [Row] = []
    var offset: String?
    var restarts = 0
    for _ in 0..<Self.pagesMax {
      do throws(AirtableFailure) {
        let page = try page(query, offset: offset, call, cancellation)
        rows += page.rows
        guard let next = page.offset else { return rows }
        offset = next
      } catch {
        guard error.isLostIterator, offset != nil, restarts < Self.restartsMax else { throw error }
        restarts += 1
        (rows, offset) = ([], nil)
      }
    }
    throw AirtableFailure(unexpected: "the list does not end after \(rows.count) rows", call)
  }

  /// Makes rows. Not repeatable: whoever needs that uses ``upsert(_:key:_:_:_:)``.
  func create(
    _ table: String, _ rows: [JSONObject], _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> [Row] {
    let records = rows.map { JSONValue.object(JSONObject(["fields": .object($0)])) }
    return try write("POST", table, records, merging: nil, call, cancellation)
  }

  /// Changes only the cells given. PUT would clear all others and is never used.
  func update(
    _ table: String, _ rows: [Row], _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> [Row] {
    let records = rows.map {
      JSONValue.object(JSONObject(["id": .string($0.id), "fields": .object($0.cells)]))
    }
    return try write("PATCH", table, records, merging: nil, call, cancellation)
  }

  /// Changes the row whose `key` field holds the same text, or makes it when there is none. One
  /// text on two rows fails the whole request.
  func upsert(
    _ table: String, key: String, _ rows: [JSONObject], _ call: AirtableCall,
    _ cancellation: Cancellation
  ) throws(AirtableFailure) -> [Row] {
    let records = rows.map { JSONValue.object(JSONObject(["fields": .object($0)])) }
    return try write("PATCH", table, records, merging: key, call, cancellation)
  }

  /// Deletes rows; the ids Airtable says it deleted.
  func delete(
    _ table: String, _ ids: [String], _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> [String] {
    precondition(ids.count <= Self.batchMax, "a batch has at most \(Self.batchMax) rows")
    let answer = try exchange(
      "DELETE", ["v0", base, table], ids.map { ("records[]", $0) }, call: call, cancellation)
    guard let records = answer["records"]?.array else {
      throw AirtableFailure(unexpected: "the answer has no records", call)
    }
    return records.compactMap { $0["deleted"]?.bool == true ? $0["id"]?.string : nil }
  }

  /// Typecast is never used: it would turn a misspelt value into a new choice or a new row.
  private func write(
    _ method: String, _ table: String, _ records: [JSONValue], merging key: String?,
    _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> [Row] {
    precondition(records.count <= Self.batchMax, "a batch has at most \(Self.batchMax) rows")
    var body = JSONObject()
    if let key { body["performUpsert"] = ["fieldsToMergeOn": [.string(key)]] }
    body["records"] = .array(records)
    body["typecast"] = false
    body["returnFieldsByFieldId"] = true
    let answer = try exchange(
      method, ["v0", base, table], body: .object(body), call: call, cancellation)
    guard let answered = answer["records"]?.array else {
      throw AirtableFailure(unexpected: "the answer has no records", call)
    }
    return try answered.map { record throws(AirtableFailure) in try row(record, call) }
  }

  private func row(_ record: JSONValue, _ call: AirtableCall) throws(AirtableFailure) -> Row {
    guard let id = record["id"]?.string, !id.isEmpty, let cells = record["fields"]?.object else {
      throw AirtableFailure(unexpected: "a record has no id or no fields", call)
    }
    return Row(
      id: id, cells: cells, createdAt: record["createdTime"]?.string.flatMap { Instant($0) })
  }

  // MARK: One exchange

  static let noBase = ProviderError(
    .airtable, .notSetUp, "No Airtable base is chosen.",
    hint: "Run `rentbook connect airtable`, or set RENTBOOK_AIRTABLE_BASE to the base's id.")

  /// Sends one request and reads the JSON of the answer.
  func exchange(
    _ method: String, _ path: [String], _ query: [(String, String)] = [], body: JSONValue? = nil,
    call: AirtableCall, _ cancellation: Cancellation
  ) throws(AirtableFailure) -> JSONValue {
    guard !token.isEmpty else {
      throw AirtableFailure(
        ProviderError(
          .airtable, .notAuthorised, "No Airtable access token is set.",
          hint: "Run `rentbook connect airtable`, or set RENTBOOK_AIRTABLE_TOKEN."))
    }
    guard !path.contains("") else { throw AirtableFailure(Self.noBase) }
    if cancellation.isCancelled {
      throw AirtableFailure(ProviderError(.airtable, .cancelled, "Stopped before \(call.what)."))
    }
    var headers = [("Authorization", "Bearer \(token)"), ("Accept", "application/json")]
    if body != nil { headers.append(("Content-Type", "application/json")) }
    let request = HTTPRequest(
      method, url(path, query), headers: headers.map { (name: $0.0, value: $0.1) },
      body: body?.bytes, repeatability: call.changes ? .once : .repeatable)
    let response: HTTPResponse
    do throws(TransferError) {
      response = try http.send(request, cancellation: cancellation)
    } catch {
      throw AirtableFailure(error, call)
    }
    guard (200..<300).contains(response.status) else { throw AirtableFailure(response, call) }
    if response.body.isEmpty { return .object(JSONObject()) }
    do {
      return try JSONValue(parsing: response.body)
    } catch {
      let isPage = response.body.first { $0 > 0x20 } == UInt8(ascii: "<")
      throw AirtableFailure(
        unexpected: isPage
          ? "a web page came instead of data"
          : "the answer cannot be read, \(error.description)",
        call, status: response.status)
    }
  }

  private func url(_ path: [String], _ query: [(String, String)]) -> String {
    let pairs = query.map {
      "\(PercentEncoding.component($0.0))=\(PercentEncoding.component($0.1))"
    }
    return address + "/" + path.map(PercentEncoding.component).joined(separator: "/")
      + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
  }
}
