import Background
import Domain
import Storage

/// What the two-way half of a run works with: a mirror that people edit and a service that takes
/// their edits.
struct TwoWay: Sendable {
  let hub: Hub
  let mirror: any ObservedProvider
  let writer: any RecordWriter
  /// The same service, for reading a record again.
  let source: any SourceProvider
  let state: RunState
  let options: SyncOptions
  let today: CalendarDate

  /// The rules that hold in this run, for one resource.
  func rules(
    for resource: Resource, _ sync: SyncState, isOpen: Sides<Bool>
  ) throws(StorageError) -> PairRules {
    let changeable = Set(writer.changeableFields(of: resource).map(\.name))
    let policy = PolicyTable(rules: try sync.rules()).mergePolicy(
      of: resource, changeable: BackProjection.settable(resource, changeable: changeable))
    let can = mirror.capabilities(of: resource)
    return PairRules(
      policy: policy,
      abilities: Sides(
        left: Abilities(canCreate: false, canUpdate: !changeable.isEmpty, canDelete: false),
        right: Abilities(
          canCreate: can.isWritable, canUpdate: can.isWritable, canDelete: can.isDeletable)),
      isOpen: isOpen)
  }

  /// The fields that are compared: those the mirror takes.
  func fields(of resource: Resource) -> [FieldDefinition] { mirror.writableFields(of: resource) }

  /// The desk on which pairs of a resource are laid, in one transaction.
  func desk(
    _ tables: HubTables, _ resource: Resource, isOpen: Sides<Bool>
  ) throws(StorageError) -> PairDesk {
    PairDesk(
      tables: tables, service: mirror.service, resource: resource, fields: fields(of: resource),
      rules: try rules(for: resource, tables.sync, isOpen: isOpen), today: today)
  }
}

/// One spelling per meaning, for comparing what two services show: an unticked box is an empty one,
/// and blanks at the end of a text are no edit.
enum Canon {
  static func value(_ value: FieldValue) -> FieldValue {
    switch value {
    case .boolean(false): return .null
    case .text(let text):
      guard let last = text.last, last.isWhitespace else { return value }
      var trimmed = text
      while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
      return .text(canonical: trimmed)
    default: return value
    }
  }

  /// The fields that have a value, in their one spelling.
  static func fields(_ fields: FieldValues) -> FieldValues {
    fields.mapValues(value).filter { !$0.value.isNull }
  }

  /// The value as a service is given it.
  static func written(_ value: FieldValue, _ kind: FieldKind) -> FieldValue {
    value.isNull && kind == .boolean ? .boolean(false) : value
  }
}
