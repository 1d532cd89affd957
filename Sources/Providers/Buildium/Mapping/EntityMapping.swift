// How the members of one of Buildium's objects and the fields of a record correspond, as a table.
//
// One table serves both directions, so a field that is read is also the field that is written. PUT
// replaces a record whole; therefore a body starts from a fresh GET and changes only what is asked.
import Domain
import Sync

/// One member and the field it becomes.
struct Member: Sendable {
  /// Our field.
  let field: String
  /// Where a GET message has it; empty when it cannot be read.
  let read: [String]
  /// Where a body takes it; nil when it cannot be written.
  let write: [String]?
  /// How many characters Buildium takes; 0 when it names no limit.
  let limit: Int
  /// Whether Buildium refuses a body without it.
  let isRequired: Bool

  private static func path(_ text: String) -> [String] {
    text.split(separator: ".").map(String.init)
  }

  /// A member that is only read.
  static func read(_ field: String, _ path: String) -> Member {
    Member(field: field, read: Self.path(path), write: nil, limit: 0, isRequired: false)
  }

  /// A member that is read and written, under another name where `write` says so.
  static func both(
    _ field: String, _ path: String, as write: String? = nil, limit: Int = 0,
    required: Bool = false
  ) -> Member {
    Member(
      field: field, read: Self.path(path), write: Self.path(write ?? path), limit: limit,
      isRequired: required)
  }

  /// A member that a body takes but no GET message shows.
  static func writeOnly(_ field: String, _ path: String) -> Member {
    Member(field: field, read: [], write: Self.path(path), limit: 0, isRequired: false)
  }

  /// The members of an address, with fields that start with `prefix`.
  static func address(_ name: String = "Address", prefix: String = "") -> [Member] {
    [
      .both(prefix + "address_line1", "\(name).AddressLine1", limit: 100),
      .both(prefix + "address_line2", "\(name).AddressLine2", limit: 100),
      .both(prefix + "address_line3", "\(name).AddressLine3", limit: 100),
      .both(prefix + "city", "\(name).City", limit: 100),
      .both(prefix + "state", "\(name).State"),
      .both(prefix + "postal_code", "\(name).PostalCode"),
      .both(prefix + "country", "\(name).Country"),
    ]
  }
}

/// The table of one entity.
struct EntityMapping: Sendable {
  let resource: Resource
  /// What a person calls one: `Property`.
  let title: String
  let members: [Member]
  /// Members a body must repeat although no field holds them: where they are read and written.
  let kept: [(read: [String], write: [String])]
  /// Whether the object has the list `PhoneNumbers`, which a body takes as an object.
  let hasPhones: Bool

  private let kinds: [FieldKind]

  init(
    _ resource: Resource, _ title: String, _ groups: [Member]..., kept: [String] = [],
    keptRenamed: [(String, String)] = [], hasPhones: Bool = false
  ) {
    self.resource = resource
    self.title = title
    let members = groups.flatMap(\.self)
    self.members = members
    self.hasPhones = hasPhones
    self.kept =
      kept.map { ([$0], [$0]) }
      + keptRenamed.map { pair in
        (
          pair.0.split(separator: ".").map(String.init),
          pair.1.split(separator: ".").map(String.init)
        )
      }
    let schema = RecordSchema.of(resource)
    kinds = members.map { member in
      guard let field = schema.field(member.field) else {
        preconditionFailure("\(resource) has no field \(member.field)")
      }
      return field.kind
    }
  }

  /// The fields of the table, read from a GET message.
  func fields(_ wire: Wire) throws(ProviderError) -> FieldValues {
    var fields = FieldValues(minimumCapacity: members.count + 4)
    for (member, kind) in zip(members, kinds) where !member.read.isEmpty {
      fields[member.field] = try wire.field(kind, member.read)
    }
    if hasPhones { fields.merge(try PhoneNumbers.fields(wire)) { $1 } }
    return fields
  }

  /// A record from a GET message that needs nothing but the table.
  func record(
    _ json: JSONValue, adding more: FieldValues = [:], updatedAt: String? = nil
  ) throws(ProviderError) -> RemoteRecord {
    let wire = try Wire(json, titled: title)
    var fields = try fields(wire)
    fields.merge(more) { $1 }
    // People read and copy a memo without the mark our own creates leave in it.
    let memo = resource == .bills ? "description" : "memo"
    let (text, marker) = IntentMarker.split(fields[memo]?.text ?? "")
    if marker != nil { fields[memo] = .text(canonical: text) }
    return RemoteRecord(
      key: RemoteKey(.buildium, resource, String(try wire.id())),
      record: Record(resource, fields),
      updatedAt: updatedAt.flatMap { fields[$0]?.instant },
      source: json.sourceText(of: resource), marker: marker?.code)
  }

  /// A body that changes the fields `record` speaks of and keeps everything else as `current`, the
  /// answer of a GET made just before, has it; without `current` a body that creates.
  ///
  /// - Parameter only: writes only fields spoken of, for a PATCH.
  func body(
    _ record: Record, current: JSONValue?, only: Bool = false
  ) throws(ProviderError) -> BodyBuilder {
    var builder = BodyBuilder(title: title)
    var before: FieldValues = [:]
    if let current {
      before = try fields(Wire(current, titled: title))
    }
    let wanted = before.merging(record.fields) { $1 }
    for member in members {
      guard let path = member.write else {
        if let value = record.fields[member.field], value != before[member.field] ?? .null {
          builder.notWritten.append(member.field)
        }
        continue
      }
      if only, record.fields[member.field] == nil { continue }
      let value = wanted[member.field] ?? .null
      if member.read.isEmpty, record.fields[member.field] == nil {
        if current != nil { builder.lostOnReplace.append(path.joined(separator: ".")) }
        continue
      }
      if isMasked(member, value) {
        builder.lostOnReplace.append(path.joined(separator: "."))
        continue
      }
      builder.check(value, member)
      builder.set(path, value.wire)
    }
    if let current {
      let wire = try Wire(current, titled: title)
      for pair in kept where !only {
        builder.set(pair.write, wire.value(pair.read) ?? .null)
      }
    }
    if hasPhones, !only || PhoneNumbers.isSpokenOf(record) {
      try PhoneNumbers.write(wanted, current: current, into: &builder)
    }
    return builder
  }

  /// Buildium shows some secrets with their characters covered; sending those back would destroy the real value.
  private func isMasked(_ member: Member, _ value: FieldValue) -> Bool {
    guard let text = value.text, text.contains("*") || text.hasPrefix("XX"),
      RecordSchema.of(resource).field(member.field)?.kind == .sealed
    else { return false }
    return true
  }
}

extension FieldValue {
  /// The value as Buildium's bodies take it: amounts as numbers, links as ids.
  var wire: JSONValue {
    switch self {
    case .null: .null
    case .text(let value): .string(value)
    case .integer(let value): .int(value)
    case .money(let value): .number(value.description)
    case .decimal(let value): .number(value.description)
    case .date(let value): .string(value.description)
    case .instant(let value): .string(value.secondsText)
    case .boolean(let value): .bool(value)
    case .reference(let key): .number(key.id)
    case .references(let keys): .array(keys.map { .number($0.id) })
    }
  }
}
