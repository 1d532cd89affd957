// A simulated Airtable behind a real port, set up as Rentbook sets a base up.
import Background
import Domain
import HTTP
import Providers
import Sync
import Testing
import WebServer

@testable import Sandbox

final class AirtableRig {
  let sandbox: SandboxAirtable
  let server: SandboxServer
  let provider: AirtableProvider
  let clock = ManualClock(wallMilliseconds: rigNoon)
  /// Which record a row holds, as the store would know.
  private let links = Lock<[String: RemoteKey]>([:])
  private let kept = Lock<String?>(nil)

  init(_ change: (inout SandboxAirtable.Options) -> Void = { _ in }) throws {
    var options = SandboxAirtable.Options()
    options.liftLimits()
    change(&options)
    sandbox = SandboxAirtable(options, clock: SandboxClock(clock))
    server = try sandbox.start()
    let (links, kept) = (links, kept)
    provider = AirtableProvider(
      api: AirtableAPI(
        base: options.baseID, token: options.token, address: server.url,
        http: ServedHTTP(server: server)),
      memory: AirtableMemory(
        load: { () throws(ProviderError) in kept.withLock(\.self) },
        save: { (text) throws(ProviderError) in kept.withLock { $0 = text } }),
      clock: clock, key: { _, row in links.withLock { $0[row] } })
    _ = try provider.setUp(isDryRun: false, Cancellation())
  }

  /// A row of a mirrored record, known to the store; its id.
  func row(
    _ table: String, _ resource: Resource, _ id: String, _ fields: JSONObject = JSONObject()
  ) throws -> String {
    let key = RemoteKey(.buildium, resource, id)
    var fields = fields
    fields["Rentbook Key"] = .string(key.description)
    let row = try sandbox.insert(table: table, fields: fields)
    links.withLock { $0[row] = key }
    return row
  }

  func observe(_ table: ObservedTable) throws -> [ObservedRow] {
    var rows: [ObservedRow] = []
    var cursor: String?
    for _ in 0..<100 {
      let page = try provider.observe(table, cursor: cursor, cancellation: Cancellation())
      if page.restarted { rows = [] }
      rows += page.rows
      cursor = page.next
      if cursor == nil { break }
    }
    return rows
  }

  func changes(_ cursor: String?) throws -> FeedAnswer {
    try provider.changes(since: cursor, cancellation: Cancellation())
  }

  /// Answers to the end.
  func allChanges(_ cursor: String) throws -> FeedAnswer {
    var whole = FeedAnswer(next: cursor)
    for _ in 0..<100 {
      let answer = try changes(whole.next)
      for (table, rows) in answer.changes {
        whole.changes[table, default: RowChanges()].changed += rows.changed
        whole.changes[table, default: RowChanges()].destroyed += rows.destroyed
      }
      whole.next = answer.next
      whole.changesSchema = whole.changesSchema || answer.changesSchema
      whole.sweepNeeded = whole.sweepNeeded ?? answer.sweepNeeded
      whole.lastChangeAt = answer.lastChangeAt ?? whole.lastChangeAt
      if !answer.mightHaveMore { break }
    }
    return whole
  }

  /// What a person does in the pages of the base that needs no call of its own.
  func byHand(_ action: String, _ body: JSONValue) throws {
    let response = sandbox.handle(
      WebRequest(
        method: "POST", target: "/_sandbox/airtable/\(action)", headers: [:], body: body.bytes))
    try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
  }

  /// Renames a field as a person does.
  func rename(_ field: String, to name: String, in table: String) throws {
    let headers = ["authorization": "Bearer \(sandbox.options.token)"]
    func call(_ method: String, _ path: String, _ body: JSONValue?) -> JSONValue {
      let response = sandbox.handle(
        WebRequest(
          method: method, target: "/v0/meta/bases/\(sandbox.options.baseID)/tables\(path)",
          headers: headers, body: body?.bytes ?? []))
      return (try? JSONValue(parsing: response.body)) ?? .null
    }
    let tables = call("GET", "", nil)["tables"]?.array ?? []
    let found = try #require(tables.first { $0["name"]?.string == table })
    let fields = found["fields"]?.array ?? []
    let id = fields.first { $0["name"]?.string == field }?["id"]?.string
    _ = call(
      "PATCH", "/\(found["id"]?.string ?? "")/fields/\(try #require(id))", ["name": .string(name)])
  }

  func cells(_ table: String, _ row: String) throws -> JSONValue {
    let rows = try sandbox.records(table: table)
    return rows.first { $0["id"]?.string == row }?["fields"] ?? .null
  }
}
