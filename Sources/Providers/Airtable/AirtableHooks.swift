// The change feed of a base: a webhook without an address, whose payloads are fetched.
import Background
import Domain
import Sync

/// A change feed. Airtable keeps what happened for seven days, whether anybody looks or not.
///
/// A payload is a hint: which rows changed. Its cells are in another form than those of a list, so
/// the rows are read again. The rate limit of the base counts these calls too.
public struct AirtableHooks: Sendable {
  /// Payloads in one answer.
  static let payloadsMax = 50

  /// A feed that was made.
  public struct Hook: Sendable, Hashable {
    /// Airtable's id of it.
    public var id: String
    /// When it ends unless it is read or refreshed before; nil when Airtable does not say.
    public var expiresAt: Instant?
    /// The secret that notifications would be signed with, in base 64; shown only this once.
    public var secret: String
  }

  /// What happened to the rows of one table.
  public struct TableChange: Sendable, Hashable {
    /// Ids of rows made.
    public var created: [String] = []
    /// Ids of rows changed.
    public var changed: [String] = []
    /// Ids of rows deleted.
    public var destroyed: [String] = []
    /// Whether fields were made, changed or deleted.
    public var changesFields = false
  }

  /// One transaction in the base.
  public struct Change: Sendable, Hashable {
    /// Airtable's number of the transaction; grows within a base.
    public var transaction: Int?
    /// When it happened, by Airtable's clock.
    public var at: Instant?
    /// Who did it: `client`, `publicApi`, `automation` and others; new ones may come.
    public var source: String
    /// By the table's id.
    public var tables: [String: TableChange]
    /// Whether tables were made, renamed or deleted.
    public var changesTables: Bool
  }

  /// One answer of the feed.
  public struct Payloads: Sendable, Hashable {
    /// What happened, in order.
    public var changes: [Change]
    /// Where the next question starts.
    public var cursor: Int
    /// Whether to ask again at once.
    public var mightHaveMore: Bool
    /// Airtable's word for why the feed was switched off (`INVALID_HOOK`, `INVALID_FILTERS`,
    /// `INTERNAL_ERROR`). It must then be made anew, and the base be read whole. Nil while it runs.
    public var failure: String?
  }

  private let api: AirtableAPI

  /// The feeds of the client's base.
  public init(api: AirtableAPI) { self.api = api }

  /// Makes a feed of all rows, fields and tables of the base. A base can have ten.
  public func create(_ cancellation: Cancellation) throws(ProviderError) -> Hook {
    let filters: JSONValue = ["dataTypes": ["tableData", "tableFields", "tableMetadata"]]
    let call = call("making a change feed", changes: true)
    let answer = try exchange(
      "POST", [], body: ["specification": ["options": ["filters": filters]]], call, cancellation)
    guard let id = answer["id"]?.string else {
      throw AirtableFailure(unexpected: "the answer has no id", call).error
    }
    return Hook(
      id: id, expiresAt: answer["expirationTime"]?.string.flatMap { Instant($0) },
      secret: answer["macSecretBase64"]?.string ?? "")
  }

  /// What happened from a cursor on; 1 is the beginning. Reading keeps the feed alive for another
  /// seven days.
  public func payloads(
    of hook: String, cursor: Int, _ cancellation: Cancellation
  ) throws(ProviderError) -> Payloads {
    let call = call("reading the change feed")
    let answer = try exchange(
      "GET", [hook, "payloads"],
      query: [("cursor", String(cursor)), ("limit", String(Self.payloadsMax))], call, cancellation)
    guard let payloads = answer["payloads"]?.array, let next = answer["cursor"]?.int else {
      throw AirtableFailure(unexpected: "the answer has no payloads or no cursor", call).error
    }
    let failure = payloads.first { $0["error"]?.bool == true }
    return Payloads(
      changes: payloads.filter { $0["error"]?.bool != true }.map(Self.change), cursor: next,
      mightHaveMore: answer["mightHaveMore"]?.bool ?? false,
      failure: failure.map { $0["code"]?.string ?? "unknown" })
  }

  /// Keeps a feed alive for another seven days; when it ends then.
  public func refresh(
    _ hook: String, _ cancellation: Cancellation
  ) throws(ProviderError) -> Instant? {
    let call = call("refreshing the change feed", changes: true)
    return try exchange("POST", [hook, "refresh"], call, cancellation)["expirationTime"]?.string
      .flatMap { Instant($0) }
  }

  /// Ends a feed. One that is gone already is no error.
  public func delete(_ hook: String, _ cancellation: Cancellation) throws(ProviderError) {
    do throws(ProviderError) {
      _ = try exchange(
        "DELETE", [hook], call("ending the change feed", changes: true), cancellation)
    } catch {
      guard error.kind == .notFound else { throw error }
    }
  }

  /// Whether a feed is there, switched on and not past its end.
  func isAlive(
    _ hook: String, at now: Int64, _ cancellation: Cancellation
  ) throws(ProviderError) -> Bool {
    let answer = try exchange("GET", [], call("listing the change feeds"), cancellation)
    let found = answer["webhooks"]?.array?.first { $0["id"]?.string == hook }
    guard let found, found["isHookEnabled"]?.bool != false else { return false }
    let end = found["expirationTime"]?.string.flatMap { Instant($0) }
    return end.map { $0.milliseconds > now } ?? true
  }

  private func call(_ what: String, changes: Bool = false) -> AirtableCall {
    AirtableCall(what: "\(what) of the base \(api.base)", scope: .webhooks, changes: changes)
  }

  private func exchange(
    _ method: String, _ path: [String], query: [(String, String)] = [], body: JSONValue? = nil,
    _ call: AirtableCall, _ cancellation: Cancellation
  ) throws(ProviderError) -> JSONValue {
    do throws(AirtableFailure) {
      return try api.exchange(
        method, ["v0", "bases", api.base, "webhooks"] + path, query, body: body, call: call,
        cancellation)
    } catch {
      throw error.error
    }
  }

  private static func change(_ payload: JSONValue) -> Change {
    var tables: [String: TableChange] = [:]
    for (id, table) in payload["changedTablesById"]?.object?.members ?? [] {
      func texts(_ key: String) -> [String] {
        (table[key]?.array ?? []).compactMap(\.string)
      }
      func keys(_ key: String) -> [String] { table[key]?.object?.keys ?? [] }
      let fields =
        keys("createdFieldsById") + keys("changedFieldsById") + texts("destroyedFieldIds")
      tables[id] = TableChange(
        created: keys("createdRecordsById"), changed: keys("changedRecordsById"),
        destroyed: texts("destroyedRecordIds"), changesFields: !fields.isEmpty)
    }
    return Change(
      transaction: payload["baseTransactionNumber"]?.int,
      at: payload["timestamp"]?.string.flatMap { Instant($0) },
      source: payload["actionMetadata"]?["source"]?.string ?? "unknown", tables: tables,
      changesTables: payload["createdTablesById"] != nil || payload["destroyedTableIds"] != nil
        || (payload["changedTablesById"]?.object?.members ?? []).contains {
          $0.value["changedMetadata"] != nil
        })
  }
}
