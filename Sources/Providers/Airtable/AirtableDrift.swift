// How a base differs from what is meant, field by field, with what to do about it.
import Domain
import Sync

extension SchemaDrift {
  /// The name under which the key column is told.
  static let keyName = "key"

  private static let setupHint =
    "Restore it from the base's trash, or run `rentbook airtable setup` to make it anew."

  private init(
    _ table: AirtableBlueprint.Table, _ field: String, _ kind: Kind, _ sentence: String,
    _ hint: String
  ) {
    self.init(
      table: table.ours, field: field, kind: kind, sentence: AirtableWords.plain(sentence),
      hint: hint)
  }

  /// A table that is not there.
  static func table(
    _ table: AirtableBlueprint.Table, _ kind: Kind, _ problem: String?
  ) -> SchemaDrift {
    SchemaDrift(
      table, "", kind, "\(problem ?? "") Its rows are neither read nor written until it is back.",
      kind == .deleted ? setupHint : "Run `rentbook airtable setup`.")
  }

  /// A field that is not there, or a key column that cannot hold keys.
  static func field(
    _ table: AirtableBlueprint.Table, _ field: String, _ kind: Kind, _ problem: String
  ) -> SchemaDrift {
    let effect =
      field == keyName
      ? "Without it no row of the table can be told from another, so the table is left alone."
      : "What was known of it is kept, and nothing is cleared elsewhere."
    let hint =
      switch kind {
      case .missing: "Run `rentbook airtable setup`."
      case .deleted: setupHint
      default: "Turn it back into a single line text in Airtable."
      }
    return SchemaDrift(table, field, kind, "\(problem) \(effect)", hint)
  }

  /// A field that cannot hold what is meant for it.
  static func misfit(
    _ table: AirtableBlueprint.Table, _ field: AirtableBlueprint.Field, _ actual: AirtableField,
    _ problem: String, _ base: AirtableBase
  ) -> SchemaDrift {
    var kind = Kind.ofType(actual.type)
    if field.kind.airtableTypes.contains(actual.type) {
      kind = .relinked(to: actual.linkedTable.flatMap(base.table(id:))?.name ?? "another table")
    }
    return SchemaDrift(
      table, field.ours, kind,
      "\(problem) What was known of it is kept, and nothing is cleared elsewhere.",
      "Change it back to \(field.kind.airtableWords) in Airtable, or map another field.")
  }

  /// A field that is followed under its new name; nil when it has the name it should have.
  static func renamed(
    _ table: AirtableBlueprint.Table, _ field: AirtableBlueprint.Field, to actual: AirtableField,
    in place: AirtableTable
  ) -> SchemaDrift? {
    // The other end of a link is named by Airtable.
    guard field.mirrors == nil, !AirtableBase.isID(field.name),
      !AirtableBase.isSame(field.name, actual.name)
    else { return nil }
    return SchemaDrift(
      table, field.ours, .renamed(from: field.name, to: actual.name),
      "The field “\(field.name)” of the table “\(place.name)” is called “\(actual.name)” now; it is"
        + " followed.", "")
  }

  /// A table that is followed under its new name; nil when it has the name it should have.
  static func renamed(
    _ table: AirtableBlueprint.Table, to actual: AirtableTable
  ) -> SchemaDrift? {
    guard !AirtableBase.isID(table.name), !AirtableBase.isSame(table.name, actual.name) else {
      return nil
    }
    return SchemaDrift(
      table, "", .renamed(from: table.name, to: actual.name),
      "The table “\(table.name)” is called “\(actual.name)” now; it is followed.", "")
  }
}

extension SchemaDrift.Kind {
  private static let computed: Set<String> = [
    "formula", "rollup", "multipleLookupValues", "count", "autoNumber", "createdTime", "createdBy",
    "lastModifiedTime", "lastModifiedBy", "button", "aiText", "externalSyncSource",
  ]

  /// What it means that a field is of this type now.
  static func ofType(_ type: String) -> SchemaDrift.Kind {
    computed.contains(type) ? .computed(by: type) : .retyped(to: type)
  }
}
