// Makes what is missing in a base: tables first, then plain fields, then links.
import Background
import Domain
import Sync

/// What a setup made, or would make in a dry run.
public struct AirtableSetupResult: Sendable, Hashable {
  /// Names of the tables made.
  public var createdTables: [String] = []
  /// Fields added apart from the making of a table, as `Table.Field`.
  public var createdFields: [String] = []
  /// Fields that got the name Rentbook looks for, as `Table.Field (was Other)`.
  public var renamedFields: [String] = []
  /// Names of the tables that were there.
  public var existingTables: [String] = []
  /// What a person must do in Airtable, a sentence each.
  public var manual: [String] = []
  /// Why the setup ended early; what is listed as made was made all the same.
  public var stopped: ProviderError?

  /// The lists under the names the command line promises.
  public var json: JSONValue {
    func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
    return [
      "created_tables": list(createdTables), "created_fields": list(createdFields),
      "renamed_fields": list(renamedFields), "existing_tables": list(existingTables),
      "manual": list(manual),
    ]
  }
}

/// Sets a base up. Repeating it makes nothing twice.
public struct AirtableSetup: Sendable {
  private let api: AirtableAPI
  private let names: AirtableNames
  private let memory: AirtableMemory

  /// A setup of the client's base under the given names.
  public init(api: AirtableAPI, names: AirtableNames = AirtableNames(), memory: AirtableMemory) {
    (self.api, self.names, self.memory) = (api, names, memory)
  }

  /// Makes what is missing; in a dry run only says what it would make.
  ///
  /// - Throws: ``ProviderError`` when the base cannot be read at all. What goes wrong later is in
  ///   the result: what Airtable refuses under `manual`, what ended the work under `stopped`.
  public func run(
    isDryRun: Bool, cancellation: Cancellation
  ) throws(ProviderError) -> AirtableSetupResult {
    let ids = AirtableIDs(base: api.base, text: try memory.load())
    let blueprint = AirtableBlueprint(names)
    var run: AirtableSetupRun
    do throws(AirtableFailure) {
      run = AirtableSetupRun(
        api: api, blueprint: blueprint, ids: ids, isDryRun: isDryRun, cancellation: cancellation,
        base: try api.schema(cancellation))
      do throws(AirtableFailure) {
        try run.makeTables()
        try run.makePlainFields()
        try run.makeLinks()
        try run.nameMirrors()
      } catch {
        run.result.stopped = error.error
      }
    } catch {
      throw error.error
    }
    if !isDryRun {
      let resolver = AirtableResolver(base: run.base, ids: ids, mayAdoptAgain: true)
      let text = resolver.mapping(blueprint).ids.text
      if text != ids.text { try memory.save(text) }
    }
    // Names of tables and fields are other people's text.
    run.result.manual = run.result.manual.map {
      AirtableWords.plain($0, max: AirtableWords.listCharactersMax)
    }
    return run.result
  }
}

/// One run of a setup: the base as it grows, and what was done.
struct AirtableSetupRun {
  let api: AirtableAPI
  let blueprint: AirtableBlueprint
  let ids: AirtableIDs
  let isDryRun: Bool
  let cancellation: Cancellation
  var base: AirtableBase
  var result = AirtableSetupResult()
  /// The tables that are there or would be, by our name. In a dry run the latter have no id.
  private var present: [String: String] = [:]
  /// Set once Airtable says that the token may not change the schema: nothing more is tried.
  private var refusal: ProviderError?

  init(
    api: AirtableAPI, blueprint: AirtableBlueprint, ids: AirtableIDs, isDryRun: Bool,
    cancellation: Cancellation, base: AirtableBase
  ) {
    (self.api, self.blueprint, self.ids, self.isDryRun) = (api, blueprint, ids, isDryRun)
    (self.cancellation, self.base) = (cancellation, base)
  }

  private var resolver: AirtableResolver {
    AirtableResolver(base: base, ids: ids, mayAdoptAgain: true)
  }

  // MARK: The steps

  mutating func makeTables() throws(AirtableFailure) {
    for wanted in blueprint.tables {
      if case .found(let table) = resolver.table(wanted) {
        result.existingTables.append(table.name)
        present[wanted.ours] = table.id
        continue
      }
      guard !AirtableBase.isID(wanted.name) else {
        result.manual.append(
          "There is no table \(wanted.name) in the base; correct the configuration.")
        continue
      }
      let fields = wanted.plainFields
      if isDryRun {
        result.createdTables.append(wanted.name)
        present[wanted.ours] = ""
        continue
      }
      let words = fields.map { "\($0.name) (\($0.kind.airtableWords))" }.joined(separator: ", ")
      let made = try attempt(
        otherwise: "Make the table “\(wanted.name)” with the fields \(words).",
        { (run) throws(AirtableFailure) in
          try run.api.createTable(
            wanted.name, fields: fields.map { $0.kind.airtableField(named: $0.name) },
            run.cancellation)
        }, found: { $0.base.table(named: wanted.name) })
      guard let made else { continue }
      if base.table(id: made.id) == nil { base.tables.append(made) }
      result.createdTables.append(made.name)
      present[wanted.ours] = made.id
    }
  }

  mutating func makePlainFields() throws(AirtableFailure) {
    for wanted in blueprint.tables {
      for field in wanted.plainFields { try make(field, of: wanted, linkedTable: nil) }
    }
  }

  mutating func makeLinks() throws(AirtableFailure) {
    for wanted in blueprint.tables {
      for field in wanted.fields where field.mirrors == nil {
        guard let linked = field.kind.linked?.rawValue, present[wanted.ours] != nil else {
          continue
        }
        guard let linkedTable = present[linked] else {
          let name = blueprint.table(linked)?.name ?? linked
          result.manual.append(
            "Once the table “\(name)” is there, run the setup again: the table “\(wanted.name)”"
              + " gets the field “\(field.name)”, which links to it.")
          continue
        }
        if try adoptOtherEnd(of: field, in: wanted) { continue }
        try make(field, of: wanted, linkedTable: linkedTable)
      }
    }
  }

  /// Airtable makes the field at the other end of a link by itself, under a name of its choice.
  mutating func nameMirrors() throws(AirtableFailure) {
    guard !isDryRun else { return }
    // The fields Airtable made by itself are only seen by reading again.
    if !result.createdTables.isEmpty || !result.createdFields.isEmpty {
      base = try api.schema(cancellation)
    }
    for wanted in blueprint.tables {
      guard let table = present[wanted.ours].flatMap(base.table(id:)) else { continue }
      for field in wanted.fields {
        guard let mirrors = field.mirrors, let other = blueprint.table(mirrors.table),
          let link = other.fields.first(where: { $0.ours == mirrors.field }),
          let otherTable = present[other.ours].flatMap(base.table(id:)),
          case .found(let actual) = resolver.field(
            link.ours, named: link.name, of: other.ours, in: otherTable)
        else { continue }
        let mirror =
          actual.inverseField.flatMap(table.field(id:))
          ?? table.fields.first { $0.inverseField == actual.id }
          // Where the base does not tell which ends belong together, the name decides.
          ?? table.field(named: field.name).flatMap {
            $0.linkedTable == otherTable.id ? $0 : nil
          }
        guard let mirror else {
          result.manual.append(
            "The link “\(actual.name)” of the table “\(otherTable.name)” shows nothing in the table"
              + " “\(table.name)”; add “\(field.name)” there as its other end.")
          continue
        }
        // A name a person gave it later stays.
        let isKnown = ids.fields[wanted.ours]?[field.ours]?.id == mirror.id
        if isKnown || AirtableBase.isSame(mirror.name, field.name) { continue }
        try rename(mirror, to: field.name, in: table)
      }
    }
  }

  // MARK: One field

  private mutating func make(
    _ field: AirtableBlueprint.Field, of wanted: AirtableBlueprint.Table, linkedTable: String?
  ) throws(AirtableFailure) {
    guard let tableID = present[wanted.ours] else { return }
    guard let table = base.table(id: tableID) else {
      // A table of the dry run: its plain fields come with it.
      if field.kind.linked != nil { result.createdFields.append("\(wanted.name).\(field.name)") }
      return
    }
    if case .found(let actual) = resolver.field(
      field.ours, named: field.name, of: wanted.ours, in: table)
    {
      if let problem = problem(of: actual, for: field, in: table, linkedTable: linkedTable) {
        result.manual.append(
          problem + " Change its type in Airtable, or map \(field.name) to another field.")
      }
      return
    }
    guard !AirtableBase.isID(field.name) else {
      result.manual.append(
        "There is no field \(field.name) in the table “\(table.name)”; correct the configuration.")
      return
    }
    if isDryRun {
      result.createdFields.append("\(table.name).\(field.name)")
      return
    }
    let toWhere = linkedTable.flatMap(base.table(id:)).map { " to the table “\($0.name)”" } ?? ""
    let made = try attempt(
      otherwise:
        "Add the field “\(field.name)” (\(field.kind.airtableWords)\(toWhere)) to the table"
        + " “\(table.name)”.",
      { (run) throws(AirtableFailure) in
        try run.api.createField(
          field.kind.airtableField(named: field.name, linkedTable: linkedTable), name: field.name,
          in: table, run.cancellation)
      }, found: { $0.base.table(id: table.id)?.field(named: field.name) })
    guard let made else { return }
    add(made, to: table.id)
    result.createdFields.append("\(table.name).\(made.name)")
  }

  private func problem(
    of actual: AirtableField, for field: AirtableBlueprint.Field, in table: AirtableTable,
    linkedTable: String?
  ) -> String? {
    if field.ours.isEmpty {
      return AirtableResolver.keyTypes.contains(actual.type)
        ? nil
        : "The field “\(actual.name)” of the table “\(table.name)” must be a single line text, and"
          + " is of the type \(actual.type)."
    }
    return AirtableResolver.misfit(
      field, actual, in: table, linkedTable: linkedTable, base: base)
  }

  /// A link that is missing may be there as the unnamed other end of the field that mirrors it,
  /// when a person made that one first. It then only needs its name.
  private mutating func adoptOtherEnd(
    of field: AirtableBlueprint.Field, in wanted: AirtableBlueprint.Table
  ) throws(AirtableFailure) -> Bool {
    guard let table = present[wanted.ours].flatMap(base.table(id:)) else { return false }
    if case .found = resolver.field(field.ours, named: field.name, of: wanted.ours, in: table) {
      return false
    }
    for other in blueprint.tables {
      for mirror in other.fields
      where mirror.mirrors == .init(table: wanted.ours, field: field.ours) {
        guard let otherTable = present[other.ours].flatMap(base.table(id:)),
          let actual = otherTable.field(named: mirror.name), actual.linkedTable == table.id,
          let end = actual.inverseField.flatMap(table.field(id:))
        else { continue }
        if isDryRun {
          result.renamedFields.append("\(table.name).\(field.name) (was \(end.name))")
        } else {
          try rename(end, to: field.name, in: table)
        }
        return true
      }
    }
    return false
  }

  private mutating func rename(
    _ field: AirtableField, to name: String, in table: AirtableTable
  ) throws(AirtableFailure) {
    let done: Bool? = try attempt(
      otherwise: "Rename the field “\(field.name)” of the table “\(table.name)” to “\(name)”.",
      { (run) throws(AirtableFailure) in
        try run.api.rename(field, to: name, in: table, run.cancellation)
        return true
      }, found: { $0.base.table(id: table.id)?.field(id: field.id)?.name == name ? true : nil })
    guard done == true, let index = base.tables.firstIndex(where: { $0.id == table.id }),
      let place = base.tables[index].fields.firstIndex(where: { $0.id == field.id })
    else { return }
    base.tables[index].fields[place].name = name
    result.renamedFields.append("\(table.name).\(name) (was \(field.name))")
  }

  private mutating func add(_ field: AirtableField, to table: String) {
    guard let index = base.tables.firstIndex(where: { $0.id == table }),
      base.tables[index].field(id: field.id) == nil
    else { return }
    base.tables[index].fields.append(field)
  }

  /// Tries to change the schema. What Airtable refuses becomes a sentence for a person; after an
  /// answer that leaves a doubt, the schema is read and looked into.
  private mutating func attempt<Made>(
    otherwise sentence: String,
    _ change: (inout Self) throws(AirtableFailure) -> Made, found: (Self) -> Made?
  ) throws(AirtableFailure) -> Made? {
    guard refusal == nil else {
      result.manual.append(sentence)
      return nil
    }
    do throws(AirtableFailure) {
      return try change(&self)
    } catch {
      switch error.error.kind {
      case .forbidden:
        refusal = error.error
        result.manual.append("\(error.error.message) \(error.error.hint)")
        result.manual.append(sentence)
        return nil
      case .refused, .notFound, .notSetUp, .unsupported:
        result.manual.append("\(sentence) \(error.error.message)")
        return nil
      case .doubt:
        base = try api.schema(cancellation)
        if let made = found(self) { return made }
        throw error
      default: throw error
      }
    }
  }
}
