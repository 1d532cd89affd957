// Which table and field of the base holds what, found by the ids that were found first.
import Domain
import Sync

/// Where the ids of tables and fields are kept between runs: a text the store keeps for the
/// provider.
public struct AirtableMemory: Sendable {
  /// The text kept last; nil when there is none.
  public var load: @Sendable () throws(ProviderError) -> String?
  /// Keeps a text.
  public var save: @Sendable (String) throws(ProviderError) -> Void

  /// Two ways to the store.
  public init(
    load: @escaping @Sendable () throws(ProviderError) -> String?,
    save: @escaping @Sendable (String) throws(ProviderError) -> Void
  ) {
    (self.load, self.save) = (load, save)
  }
}

/// The ids of tables and fields as they were found first.
///
/// An id comes before a name, so that renaming a table or a field in Airtable changes nothing. Each
/// id remembers the name it was looked for under: when the configuration asks for another name, the
/// id no longer counts.
struct AirtableIDs: Sendable, Hashable {
  struct Entry: Sendable, Hashable {
    var id: String
    /// The name the configuration gave when the id was found.
    var soughtAs: String
  }

  /// The base they belong to. A copied base has other ids throughout.
  var base = ""
  var tables: [String: Entry] = [:]
  /// Key fields stand under the empty name.
  var fields: [String: [String: Entry]] = [:]

  init(base: String) { self.base = base }

  /// Reads what ``text`` wrote; ids of another base, or a text of another form, count as none.
  init(base: String, text: String?) {
    self.init(base: base)
    // A text that cannot be read is like none: everything is found by name again.
    guard let text, let json = try? JSONValue(parsing: text), json["base"]?.string == base else {
      return
    }
    func entry(_ json: JSONValue) -> Entry? {
      guard let id = json["id"]?.string, let name = json["as"]?.string else { return nil }
      return Entry(id: id, soughtAs: name)
    }
    for (name, value) in json["tables"]?.object?.members ?? [] {
      tables[name] = entry(value)
      for (field, value) in value["fields"]?.object?.members ?? [] {
        fields[name, default: [:]][field] = entry(value)
      }
    }
  }

  var text: String {
    var output = JSONObject()
    for (name, table) in tables.sorted(by: { $0.key < $1.key }) {
      var members = JSONObject()
      for (field, entry) in (fields[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
        members[field] = ["id": .string(entry.id), "as": .string(entry.soughtAs)]
      }
      output[name] = [
        "id": .string(table.id), "as": .string(table.soughtAs), "fields": .object(members),
      ]
    }
    return JSONValue.object(JSONObject(["base": .string(base), "tables": .object(output)])).text
  }
}

/// Which table holds a resource and which field a value, in one base at one moment.
public struct AirtableMapping: Sendable, Hashable {
  /// A field that can be read and, unless Airtable fills it, written.
  struct Field: Sendable, Hashable {
    var ours: String
    var kind: FieldKind
    var field: AirtableField
    /// The other end of one of our links: Airtable keeps it, nobody writes it.
    var isMirror: Bool
  }

  /// A table with what of it can be used.
  struct Table: Sendable, Hashable {
    var ours: String
    var table: AirtableTable
    var key: AirtableField
    var fields: [Field]

    /// Names by id, for sentences.
    var fieldNames: [String: String] {
      Dictionary(table.fields.map { ($0.id, $0.name) }) { first, _ in first }
    }
  }

  /// Tables that can be used, by our name.
  var tables: [String: Table] = [:]
  /// Why a table cannot be used at all, by our name.
  var unusable: [String: String] = [:]
  /// What is missing or does not fit, one sentence each, tables first. What is named here is
  /// neither read nor written; nothing else is taken in its place.
  public internal(set) var problems: [String] = []
  /// The same, and what was only renamed, field by field; tables first.
  var drift: [SchemaDrift] = []

  /// The tables as rows: `resource, table, table_id, key_field, key_field_id, fields`, where fields
  /// is `{our name: {name, id, type}}`.
  public var json: JSONValue {
    .array(
      AirtableBlueprint().tables.compactMap { tables[$0.ours] }.map { table in
        var fields = JSONObject()
        for field in table.fields {
          fields[field.ours] = [
            "name": .string(field.field.name), "id": .string(field.field.id),
            "type": .string(field.field.type),
          ]
        }
        return [
          "resource": .string(table.ours), "table": .string(table.table.name),
          "table_id": .string(table.table.id), "key_field": .string(table.key.name),
          "key_field_id": .string(table.key.id), "fields": .object(fields),
        ]
      })
  }
}

/// Finds the tables and fields of a blueprint in a base.
struct AirtableResolver {
  /// What was found for one thing that is looked for.
  enum Found<Value: Sendable>: Sendable {
    case found(Value)
    /// Never seen, and nothing has its name.
    case missing
    /// It was there once, under an id that is gone.
    case gone
  }

  let base: AirtableBase
  let ids: AirtableIDs
  /// Whether something whose id is gone may be found again by its name. Setup may, because a person
  /// asked for it; a sync may not, because the name may mean something else now.
  var mayAdoptAgain = false

  func table(_ wanted: AirtableBlueprint.Table) -> Found<AirtableTable> {
    find(
      ids.tables[wanted.ours], wanted.name, byID: base.table(id:), byName: base.table(named:))
  }

  /// The key field is looked for under the empty name.
  func field(
    _ ours: String, named name: String, of owner: String, in table: AirtableTable
  ) -> Found<AirtableField> {
    // The ids of fields mean nothing when their table is another one now.
    let isSameTable = ids.tables[owner]?.id == table.id
    return find(
      isSameTable ? ids.fields[owner]?[ours] : nil, name, byID: table.field(id:),
      byName: table.field(named:))
  }

  private func find<Value: Sendable>(
    _ entry: AirtableIDs.Entry?, _ name: String, byID: (String) -> Value?,
    byName: (String) -> Value?
  ) -> Found<Value> {
    guard let entry, entry.soughtAs == name else {
      return byName(name).map(Found.found) ?? .missing
    }
    if let value = byID(entry.id) { return .found(value) }
    if mayAdoptAgain, let value = byName(name) { return .found(value) }
    return mayAdoptAgain ? .missing : .gone
  }

  /// Everything of the blueprint that is there and fits, with the ids to remember.
  func mapping(_ blueprint: AirtableBlueprint) -> (mapping: AirtableMapping, ids: AirtableIDs) {
    var mapping = AirtableMapping()
    // Ids of what is gone stay, so that its absence is told again next time.
    var ids = ids
    var found: [String: AirtableTable] = [:]
    for wanted in blueprint.tables {
      switch table(wanted) {
      case .found(let table): found[wanted.ours] = table
      case .missing:
        mapping.unusable[wanted.ours] = "The table “\(wanted.name)” is missing."
        mapping.drift.append(.table(wanted, .missing, mapping.unusable[wanted.ours]))
      case .gone:
        mapping.unusable[wanted.ours] =
          "The table that held \(wanted.ours.replacing("_", with: " ")) was deleted in Airtable."
        mapping.drift.append(.table(wanted, .deleted, mapping.unusable[wanted.ours]))
      }
    }
    for wanted in blueprint.tables {
      guard let table = found[wanted.ours] else { continue }
      if let renamed = SchemaDrift.renamed(wanted, to: table) { mapping.drift.append(renamed) }
      guard let key = key(of: wanted, in: table, &mapping) else { continue }
      if ids.tables[wanted.ours]?.id != table.id { ids.fields[wanted.ours] = [:] }
      ids.tables[wanted.ours] = AirtableIDs.Entry(id: table.id, soughtAs: wanted.name)
      ids.fields[wanted.ours, default: [:]][""] = AirtableIDs.Entry(
        id: key.id, soughtAs: wanted.keyName)
      var usable = AirtableMapping.Table(ours: wanted.ours, table: table, key: key, fields: [])
      for field in wanted.fields {
        let linked = field.kind.linked.flatMap { found[$0.rawValue]?.id }
        switch self.field(field, of: wanted, in: table, blueprint, found) {
        case .found(let actual):
          if let problem = Self.misfit(field, actual, in: table, linkedTable: linked, base: base) {
            mapping.problems.append(problem)
            mapping.drift.append(.misfit(wanted, field, actual, problem, base))
            continue
          }
          if let renamed = SchemaDrift.renamed(wanted, field, to: actual, in: table) {
            mapping.drift.append(renamed)
          }
          ids.fields[wanted.ours, default: [:]][field.ours] = AirtableIDs.Entry(
            id: actual.id, soughtAs: field.name)
          usable.fields.append(
            AirtableMapping.Field(
              ours: field.ours, kind: field.kind, field: actual, isMirror: field.mirrors != nil))
        case .missing:
          let problem = "The field “\(field.name)” is missing in the table “\(table.name)”."
          mapping.problems.append(problem)
          mapping.drift.append(.field(wanted, field.ours, .missing, problem))
        case .gone:
          let problem =
            "The field that was mapped to \(field.ours) in the table “\(table.name)” was deleted"
            + " in Airtable; it is left out."
          mapping.problems.append(problem)
          mapping.drift.append(.field(wanted, field.ours, .deleted, problem))
        }
      }
      mapping.tables[wanted.ours] = usable
    }
    let unusable = blueprint.tables.compactMap { mapping.unusable[$0.ours] }
    mapping.problems = (unusable + mapping.problems).map { AirtableWords.plain($0) }
    mapping.drift =
      mapping.drift.filter(\.field.isEmpty) + mapping.drift.filter { !$0.field.isEmpty }
    return (mapping, ids)
  }

  /// A field of the blueprint. The other end of a link is known by the link it belongs to, whatever
  /// its name.
  private func field(
    _ field: AirtableBlueprint.Field, of wanted: AirtableBlueprint.Table, in table: AirtableTable,
    _ blueprint: AirtableBlueprint, _ found: [String: AirtableTable]
  ) -> Found<AirtableField> {
    if let mirrors = field.mirrors, let other = blueprint.table(mirrors.table),
      let link = other.fields.first(where: { $0.ours == mirrors.field }),
      let otherTable = found[mirrors.table],
      case .found(let actual) = self.field(
        link.ours, named: link.name, of: other.ours, in: otherTable),
      let inverse = actual.inverseField.flatMap(table.field(id:))
    {
      return .found(inverse)
    }
    return self.field(field.ours, named: field.name, of: wanted.ours, in: table)
  }

  private func key(
    of wanted: AirtableBlueprint.Table, in table: AirtableTable, _ mapping: inout AirtableMapping
  ) -> AirtableField? {
    let problem: String
    let kind: SchemaDrift.Kind
    switch field("", named: wanted.keyName, of: wanted.ours, in: table) {
    case .found(let key) where Self.keyTypes.contains(key.type): return key
    case .found(let key):
      problem =
        "The field “\(key.name)” of the table “\(table.name)” must be a single line text; it is"
        + " of the type \(key.type)."
      kind = .ofType(key.type)
    case .missing:
      problem = "The field “\(wanted.keyName)” is missing in the table “\(table.name)”."
      kind = .missing
    case .gone:
      problem = "The field “\(wanted.keyName)” is missing in the table “\(table.name)”."
      kind = .deleted
    }
    mapping.unusable[wanted.ours] = problem
    mapping.drift.append(.field(wanted, SchemaDrift.keyName, kind, problem))
    return nil
  }

  /// The types Airtable lets rows be matched by and that keep a key as it is.
  static let keyTypes: Set<String> = ["singleLineText", "multilineText"]

  /// Why a field cannot hold what is meant for it; nil when it can.
  static func misfit(
    _ wanted: AirtableBlueprint.Field, _ actual: AirtableField, in table: AirtableTable,
    linkedTable: String?, base: AirtableBase
  ) -> String? {
    let place = "The field “\(actual.name)” of the table “\(table.name)”"
    guard wanted.kind.airtableTypes.contains(actual.type) else {
      return "\(place) should be \(wanted.kind.airtableWords), and is of the type \(actual.type)."
    }
    guard wanted.kind.linked != nil, actual.linkedTable != linkedTable else { return nil }
    let actualName = actual.linkedTable.flatMap(base.table(id:))?.name ?? "another table"
    return "\(place) links to “\(actualName)”, which does not hold what it should link to."
  }
}
