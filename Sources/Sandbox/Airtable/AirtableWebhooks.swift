import Domain

// Webhooks: what they watch, and the payloads they collect. Nobody is ever called: the address for
// notifications is kept and shown, and payloads wait to be fetched.

/// One webhook.
struct Webhook {
  let id: String
  let url: String?
  let specification: JSONValue
  let filter: WebhookFilter
  var notifies = true
  var isEnabled = true
  var expires: Instant
  /// Payloads as JSON text, which is a quarter of the size of a tree; the first has cursor 1.
  var payloads: [(at: Instant, body: [UInt8])] = []
  /// How many of the first payloads are forgotten by age.
  var forgotten = 0

  /// Ten webhooks to a base.
  static let countMax = 10
  /// A webhook lives, and a payload is kept, for seven days.
  static let lifetimeMilliseconds: Int64 = 7 * 86_400_000
  /// Payloads in one answer.
  static let pageMax = 50

  var json: JSONValue {
    [
      "id": .string(id), "notificationUrl": .optional(url),
      "areNotificationsEnabled": .bool(notifies),
      "cursorForNextPayload": .int(forgotten + payloads.count + 1),
      "isHookEnabled": .bool(isEnabled),
      "lastSuccessfulNotificationTime": .null, "lastNotificationResult": .null,
      "expirationTime": .string(expires.description), "specification": specification,
    ]
  }

  mutating func forget(before moment: Instant) {
    let old = payloads.prefix { $0.at < moment }.count
    payloads.removeFirst(old)
    forgotten += old
  }
}

/// What a webhook watches.
struct WebhookFilter {
  let dataTypes: Set<String>
  let changeTypes: Set<String>
  let tableID: String?
  let fieldIDs: Set<String>?
  let sources: Set<String>?
  let includesPrevious: Bool
  /// Fields whose values come along with every change: nil for none.
  let alongside: Alongside?

  enum Alongside {
    case all
    case fields(Set<String>)
  }

  private static let dataTypesKnown: Set = ["tableData", "tableFields", "tableMetadata"]
  private static let changeTypesKnown: Set = ["add", "remove", "update"]

  /// Reads the specification of a webhook.
  init(_ specification: JSONValue, base: AirtableBase) throws(AirtableRefusal) {
    guard let options = specification["options"]?.object, let filters = options["filters"]?.object,
      let kinds = try Self.names(filters["dataTypes"]), !kinds.isEmpty,
      Self.dataTypesKnown.isSuperset(of: kinds)
    else { throw .invalidRequest }
    let changes = try Self.names(filters["changeTypes"]) ?? Self.changeTypesKnown
    guard Self.changeTypesKnown.isSuperset(of: changes) else { throw .invalidRequest }
    (dataTypes, changeTypes) = (kinds, changes)
    if let scope = filters["recordChangeScope"], !scope.isNull {
      guard let id = scope.string else { throw .invalidRequest }
      let table = base.tables.first { $0.id == id || $0.views.contains { $0.id == id } }
      guard let table else { throw .invalidRequest }
      tableID = table.id
    } else {
      tableID = nil
    }
    fieldIDs = try Self.names(filters["watchDataInFieldIds"])
    sources = try Self.names(filters["fromSources"])
    let includes = options["includes"]
    includesPrevious = includes?["includePreviousCellValues"]?.bool ?? false
    if let fields = includes?["includeCellValuesInFieldIds"], !fields.isNull {
      if fields == "all" {
        alongside = .all
      } else if let names = try Self.names(fields) {
        alongside = .fields(names)
      } else {
        throw .invalidRequest
      }
    } else {
      alongside = nil
    }
  }

  private static func names(_ json: JSONValue?) throws(AirtableRefusal) -> Set<String>? {
    guard let json, !json.isNull else { return nil }
    guard let values = json.array else { throw .invalidRequest }
    var names: Set<String> = []
    for value in values {
      guard let name = value.string else { throw .invalidRequest }
      names.insert(name)
    }
    return names
  }

  func watches(table: String) -> Bool { tableID == nil || tableID == table }
  func watches(field: String) -> Bool { fieldIDs?.contains(field) ?? true }
}

extension AirtableBase {
  /// Makes a webhook; its secret is in this answer and nowhere else.
  mutating func createWebhook(_ body: JSONValue, now: Instant) throws(AirtableRefusal) -> JSONValue
  {
    guard let object = body.object,
      Set(["notificationUrl", "specification"]).isSuperset(of: object.keys),
      let specification = object["specification"]
    else { throw .invalidRequest }
    var url: String?
    if let given = object["notificationUrl"], !given.isNull {
      guard let text = given.string, text.hasPrefix("https://") else { throw .invalidRequest }
      url = text
    }
    let filter = try WebhookFilter(specification, base: self)
    forgetExpired(now)
    guard hooks.count < Webhook.countMax else {
      throw .invalid("The base already has \(Webhook.countMax) webhooks")
    }
    let hook = Webhook(
      id: makeID("ach"), url: url, specification: specification, filter: filter,
      expires: now.adding(milliseconds: Webhook.lifetimeMilliseconds))
    hooks.append(hook)
    return [
      "id": .string(hook.id), "macSecretBase64": .string(Self.base64(randomBytes(64))),
      "expirationTime": .string(hook.expires.description),
    ]
  }

  /// All webhooks that are not long expired.
  mutating func webhooksJSON(now: Instant) -> JSONValue {
    forgetExpired(now)
    return ["webhooks": .array(hooks.map(\.json))]
  }

  /// Makes a webhook live seven more days. One that has expired stays so.
  mutating func refreshWebhook(_ id: String, now: Instant) throws(AirtableRefusal) -> JSONValue {
    let index = try hook(id, now)
    guard hooks[index].expires > now else { throw .invalid("The webhook has expired") }
    hooks[index].expires = now.adding(milliseconds: Webhook.lifetimeMilliseconds)
    return ["expirationTime": .string(hooks[index].expires.description)]
  }

  /// Turns notifications on or off; payloads are collected either way.
  mutating func enableNotifications(_ id: String, _ body: JSONValue, now: Instant)
    throws(AirtableRefusal)
  {
    let index = try hook(id, now)
    guard let enable = body["enable"]?.bool else { throw .invalidRequest }
    hooks[index].notifies = enable
  }

  /// Removes a webhook.
  mutating func deleteWebhook(_ id: String, now: Instant) throws(AirtableRefusal) {
    hooks.remove(at: try hook(id, now))
  }

  /// Payloads from a cursor on, as the bytes of the whole answer; asking makes the webhook live
  /// seven more days.
  mutating func webhookPayloads(_ id: String, cursor: Int, limit: Int, now: Instant)
    throws(AirtableRefusal) -> [UInt8]
  {
    let index = try hook(id, now)
    guard cursor >= 1, (1...Webhook.pageMax).contains(limit) else { throw .invalidRequest }
    if hooks[index].expires > now {
      hooks[index].expires = now.adding(milliseconds: Webhook.lifetimeMilliseconds)
    }
    hooks[index].forget(before: now.adding(milliseconds: -Webhook.lifetimeMilliseconds))
    let hook = hooks[index]
    let last = hook.forgotten + hook.payloads.count
    guard cursor <= last + 1 else { throw .invalidRequest }
    let start = max(0, cursor - 1 - hook.forgotten)
    let page = hook.payloads[start...].prefix(limit)
    let next = hook.forgotten + start + page.count + 1
    var bytes = Array(#"{"payloads":["#.utf8)
    for (number, payload) in page.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += payload.body
    }
    bytes += Array(#"],"cursor":\#(next),"mightHaveMore":\#(next <= last)}"#.utf8)
    return bytes
  }

  /// Breaks a webhook the way Airtable does when its filters or itself have become invalid.
  mutating func breakWebhook(_ id: String, code: String, now: Instant) throws(AirtableRefusal) {
    let index = try hook(id, now)
    transaction += 1
    let payload: JSONValue = [
      "timestamp": .string(now.description), "baseTransactionNumber": .int(transaction),
      "payloadFormat": "v0", "error": true, "code": .string(code),
    ]
    hooks[index].payloads.append((now, payload.bytes))
    hooks[index].isEnabled = false
  }

  private mutating func hook(_ id: String, _ now: Instant) throws(AirtableRefusal) -> Int {
    forgetExpired(now)
    guard let index = hooks.firstIndex(where: { $0.id == id }) else { throw .notFound }
    return index
  }

  /// An expired webhook can be read for seven more days.
  private mutating func forgetExpired(_ now: Instant) {
    hooks.removeAll {
      $0.expires.adding(milliseconds: Webhook.lifetimeMilliseconds) <= now
    }
    for index in hooks.indices where hooks[index].expires <= now { hooks[index].isEnabled = false }
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let three = bytes[start..<min(start + 3, bytes.count)]
      let group = three.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - three.count))
      for index in 0..<4 {
        text.append(
          index <= three.count ? letters[group >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
