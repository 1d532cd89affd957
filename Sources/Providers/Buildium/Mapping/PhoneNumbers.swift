// Phone numbers: a list with types when read, an object with four members when written.
import Domain
import Sync

enum PhoneNumbers {
  /// Buildium's type when read, its member when written, our field.
  static let kinds: [(type: String, member: String, field: String)] = [
    ("Home", "Home", "phone_home"), ("Office", "Work", "phone_work"),
    ("Cell", "Mobile", "phone_mobile"), ("Fax", "Fax", "phone_fax"),
  ]

  /// The first number of each type.
  static func fields(_ wire: Wire) throws(ProviderError) -> FieldValues {
    var fields: FieldValues = [:]
    for kind in kinds { fields[kind.field] = .null }
    for phone in try wire.list("PhoneNumbers") {
      let type = try phone.text("Type")
      guard let kind = kinds.first(where: { $0.type == type }), fields[kind.field] == .null else {
        continue
      }
      fields[kind.field] = try phone.field(.text, "Number")
    }
    return fields
  }

  static func isSpokenOf(_ record: Record) -> Bool {
    kinds.contains { record.fields[$0.field] != nil }
  }

  /// Writes the four members. Numbers of other types, and second numbers of a type, have no place
  /// in a body: they are named as lost.
  static func write(
    _ wanted: FieldValues, current: JSONValue?, into builder: inout BodyBuilder
  ) throws(ProviderError) {
    var seen: Set<String> = []
    if let current {
      for phone in try Wire(current, titled: builder.title).list("PhoneNumbers") {
        guard try phone.text("Number") != nil else { continue }
        let type = try phone.text("Type") ?? "NotSet"
        if !kinds.contains(where: { $0.type == type }) || !seen.insert(type).inserted {
          builder.lostOnReplace.append("PhoneNumbers (\(type))")
        }
      }
    }
    for kind in kinds {
      builder.set(["PhoneNumbers", kind.member], (wanted[kind.field] ?? .null).wire)
    }
    builder.settle("PhoneNumbers", words: "the list of phone numbers")
  }
}
