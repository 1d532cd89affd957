import Background
import Domain
import WebServer

// From a call to what it does.

extension SandboxAirtable {
  func answer(_ request: WebRequest) throws(AirtableRefusal) -> WebResponse {
    let host = "http://".utf8.count + (request.headers["host"]?.utf8.count ?? 0)
    let query = request.rawQuery.isEmpty ? 0 : request.rawQuery.utf8.count + 1
    guard host + request.path.utf8.count + query < Self.addressBytesMax else {
      throw .addressTooLong
    }
    try authenticate(request)
    guard request.body.count <= options.bodyBytesMax else { throw .tooLarge }
    let isWithinQuota = countCall()
    var parts = request.pathSegments[...]
    guard parts.popFirst() == "v0" else { throw .notFound }
    switch parts.first {
    case "meta": return try meta(request, Array(parts.dropFirst()))
    case "bases": return try webhooks(request, Array(parts.dropFirst()))
    case let id?:
      guard isWithinQuota else { throw .quotaSpent }
      return try records(request, base(id), Array(parts.dropFirst()))
    case nil: throw .notFound
    }
  }

  // MARK: - Schema

  private func meta(_ request: WebRequest, _ parts: [String]) throws(AirtableRefusal) -> WebResponse
  {
    switch (request.method, parts.first, parts.count) {
    case ("GET", "whoami", 1): return .json(["id": .string(owner.id)])
    case ("GET", "bases", 1):
      try require("schema.bases:read")
      return .json([
        "bases": .array(
          allBases.map { id, base in
            [
              "id": .string(id), "name": .string(base.withLock(\.name)),
              "permissionLevel": "create",
            ]
          })
      ])
    case ("POST", "bases", 1):
      try require("schema.bases:write")
      return .json(try createBase(body(request)))
    case (_, "bases", 3...) where parts[2] == "tables":
      return try tables(request, base(parts[1]), Array(parts.dropFirst(3)))
    default: throw .notFound
    }
  }

  private func createBase(_ body: JSONValue) throws(AirtableRefusal) -> JSONValue {
    guard let object = body.object,
      Set(["name", "workspaceId", "tables"]).isSuperset(of: object.keys),
      let name = object["name"]?.string, !name.isEmpty,
      let workspace = object["workspaceId"]?.string,
      let tables = object["tables"]?.array, !tables.isEmpty
    else { throw .invalidRequest }
    guard workspace == options.workspaceID else { throw .modelNotFound }
    let number = allBases.count
    var random = SeededRandom(seed: options.seed &+ UInt64(number) &* 0x9E37)
    var base = makeBase(id: AirtableBase.makeID("app", &random), name: name, number: number)
    let change = changeByCall()
    for table in tables { _ = try base.createTable(table, change) }
    let answer: JSONValue = [
      "id": .string(base.id), "tables": base.schemaJSON(withVisibleFields: true)["tables"] ?? [],
    ]
    add(base)
    return answer
  }

  private func tables(_ request: WebRequest, _ base: Lock<AirtableBase>, _ parts: [String])
    throws(AirtableRefusal) -> WebResponse
  {
    try require(request.method == "GET" ? "schema.bases:read" : "schema.bases:write")
    if request.method == "GET", parts.isEmpty {
      let visible = request.query.contains { name, value in
        (name == "include" || name == "include[]") && value == "visibleFieldIds"
      }
      return .json(base.withLock { $0.schemaJSON(withVisibleFields: visible) })
    }
    let body = try body(request)
    let change = changeByCall()
    return .json(
      try base.withLock { base throws(AirtableRefusal) in
        switch (request.method, parts.count) {
        case ("POST", 0): return try base.createTable(body, change)
        case ("PATCH", 1): return try base.changeTable(body, tableID: parts[0], change)
        case ("POST", 2) where parts[1] == "fields":
          return try base.createField(body, tableID: parts[0], change)
        case ("PATCH", 3) where parts[1] == "fields":
          return try base.changeField(body, tableID: parts[0], fieldID: parts[2], change)
        default: throw .notFound
        }
      })
  }

  // MARK: - Webhooks

  private func webhooks(_ request: WebRequest, _ parts: [String]) throws(AirtableRefusal)
    -> WebResponse
  {
    guard parts.count >= 2, parts[1] == "webhooks" else { throw .notFound }
    let base = try base(parts[0])
    try require("webhook:manage")
    let now = now
    let id = parts.count > 2 ? parts[2] : ""
    switch (request.method, parts.count, parts.count > 3 ? parts[3] : "") {
    case ("GET", 2, _): return .json(base.withLock { $0.webhooksJSON(now: now) })
    case ("POST", 2, _):
      let body = try body(request)
      return .json(
        try base.withLock { base throws(AirtableRefusal) in try base.createWebhook(body, now: now) }
      )
    case ("DELETE", 3, _):
      try base.withLock { base throws(AirtableRefusal) in try base.deleteWebhook(id, now: now) }
      return .json([:])
    case ("POST", 4, "refresh"):
      return .json(
        try base.withLock { base throws(AirtableRefusal) in try base.refreshWebhook(id, now: now) })
    case ("POST", 4, "enableNotifications"):
      let body = try body(request)
      try base.withLock { base throws(AirtableRefusal) in
        try base.enableNotifications(id, body, now: now)
      }
      return .json([:])
    case ("GET", 4, "payloads"):
      let cursor = try number("cursor", in: request) ?? 1
      let limit = try number("limit", in: request) ?? Webhook.pageMax
      let bytes = try base.withLock { base throws(AirtableRefusal) in
        try base.webhookPayloads(id, cursor: cursor, limit: limit, now: now)
      }
      return WebResponse(
        status: 200, headers: [("Content-Type", "application/json; charset=utf-8")], body: bytes)
    default: throw .notFound
    }
  }

  private func number(_ name: String, in request: WebRequest) throws(AirtableRefusal) -> Int? {
    guard let text = request.query.last(where: { $0.name == name })?.value else { return nil }
    guard let number = Int(text) else { throw .invalidRequest }
    return number
  }

  // MARK: - Records

  private func records(_ request: WebRequest, _ base: Lock<AirtableBase>, _ parts: [String])
    throws(AirtableRefusal) -> WebResponse
  {
    guard let name = parts.first else { throw .notFound }
    let isRead = request.method == "GET" || (parts.count == 2 && parts[1] == "listRecords")
    try require(isRead ? "data.records:read" : "data.records:write")
    switch (request.method, parts.count) {
    case ("GET", 1): return try list(base, name, ListRequest(query: request.query))
    case ("POST", 2) where parts[1] == "listRecords":
      return try list(base, name, ListRequest(body: body(request), query: request.query))
    case ("GET", 2): return try get(base, name, parts[1], ShownAs(query: request.query))
    case ("POST", 1): return try write(base, name, WriteCall(body(request), .create))
    case ("PATCH", 1), ("PUT", 1):
      return try write(
        base, name, WriteCall(body(request), .changeMany(replaces: request.method == "PUT")))
    case ("PATCH", 2), ("PUT", 2):
      return try write(
        base, name,
        WriteCall(body(request), .changeOne(id: parts[1], replaces: request.method == "PUT")))
    case ("DELETE", 1):
      let ids = request.query.filter { $0.name == "records[]" || $0.name == "records" }.map(\.value)
      try delete(base, name, ids)
      return .json([
        "records": .array(ids.map { ["id": .string($0), "deleted": true] })
      ])
    case ("DELETE", 2):
      do throws(AirtableRefusal) {
        try delete(base, name, [parts[1]])
      } catch {
        throw error.type == "ROW_DOES_NOT_EXIST" ? .notFound : error
      }
      return .json(["id": .string(parts[1]), "deleted": true])
    default: throw .notFound
    }
  }

  private func list(_ base: Lock<AirtableBase>, _ name: String, _ request: ListRequest)
    throws(AirtableRefusal) -> WebResponse
  {
    let now = now
    return .json(
      try base.withLock { base throws(AirtableRefusal) in
        try base.list(request, table: try base.table(name), now: now)
      })
  }

  private func get(_ base: Lock<AirtableBase>, _ name: String, _ id: String, _ shown: ShownAs)
    throws(AirtableRefusal) -> WebResponse
  {
    let now = now
    return .json(
      try base.withLock { base throws(AirtableRefusal) in
        let table = try base.table(name)
        guard let place = base.tables[table].places[id], let row = base.tables[table].rows[place]
        else { throw .notFound }
        return base.record(row, table, nil, shown, now: now)
      })
  }

  private func write(_ base: Lock<AirtableBase>, _ name: String, _ call: WriteCall)
    throws(AirtableRefusal) -> WebResponse
  {
    let change = changeByCall()
    return .json(
      try base.withLock { base throws(AirtableRefusal) in
        let table = try base.table(name)
        let outcome = try base.write(call.writes, table: table, change)
        var shown = ShownAs()
        shown.byFieldID = call.byFieldID
        let records = outcome.places.compactMap { place in
          base.tables[table].rows[place].map { base.record($0, table, nil, shown, now: change.now) }
        }
        if call.isSingle { return records.first ?? .null }
        var object = JSONObject(["records": .array(records)])
        if call.writes.mergeOn != nil {
          object["createdRecords"] = .array(outcome.created.map { .string($0) })
          object["updatedRecords"] = .array(outcome.updated.map { .string($0) })
        }
        return .object(object)
      })
  }

  private func delete(_ base: Lock<AirtableBase>, _ name: String, _ ids: [String])
    throws(AirtableRefusal)
  {
    let change = changeByCall()
    try base.withLock { base throws(AirtableRefusal) in
      try base.delete(ids, table: try base.table(name), change)
    }
  }

  // MARK: - Bodies

  private func body(_ request: WebRequest) throws(AirtableRefusal) -> JSONValue {
    if let type = request.headers["content-type"], !type.lowercased().contains("json") {
      throw .unparsable
    }
    guard let body = try? JSONValue(parsing: request.body) else { throw .unparsable }
    guard body.object != nil else { throw .invalidRequest }
    return body
  }
}
