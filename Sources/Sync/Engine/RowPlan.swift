import Domain

/// What is to be done with one row at a sink. Pure: deciding is apart from doing.
enum RowPlan: Hashable {
  /// The sink has it already.
  case nothing
  /// `isPartial`: sent without links to records that come later.
  case create(Record, links: [RemoteKey: String], isPartial: Bool)
  /// Only the fields whose value differs from the base.
  case update(Record, links: [RemoteKey: String], isPartial: Bool)
  case delete
  /// It never was there and need not be.
  case forget
  /// A record it links to is about to be made.
  case later
  /// The sink has all but links to records that come later.
  case missesLinks
  /// A record it links to cannot be made.
  case blocked(RemoteKey)

  /// What is known of the other end of a link.
  enum LinkEnd: Hashable {
    /// There, under the sink's own id.
    case there(String)
    /// Known here and still to be made there.
    case coming
    /// Known here, and it cannot be made there as things are.
    case blocked
    /// Not known here: the link leads nowhere.
    case unknown
  }

  /// Decides for one row.
  ///
  /// - Parameters:
  ///   - mirror: what the sink should hold; nil when the record is gone.
  ///   - base: what it was last known to hold.
  ///   - waitsFor: whether a link to a resource holds the record back until its end is there.
  static func decide(
    mirror: Record?, base: FieldValues, isThere: Bool, fields: [FieldDefinition],
    linkEnd: (RemoteKey) -> LinkEnd, waitsFor: (Resource) -> Bool
  ) -> RowPlan {
    guard let mirror else { return isThere ? .delete : .forget }
    var desired: FieldValues = [:]
    var links: [RemoteKey: String] = [:]
    var partial: Set<String> = []
    for field in fields {
      let value = mirror[field.name]
      guard !value.links.isEmpty else {
        desired[field.name] = value
        continue
      }
      var ends: [RemoteKey] = []
      for link in value.links {
        switch linkEnd(link) {
        case .there(let id):
          links[link] = id
          ends.append(link)
        case .coming:
          if waitsFor(link.resource) { return .later }
          partial.insert(field.name)
        case .blocked: return .blocked(link)
        case .unknown: break
        }
      }
      switch value {
      case .reference: desired[field.name] = ends.first.map { .reference($0) } ?? .null
      default: desired[field.name] = .references(canonical: ends)
      }
    }
    if !isThere {
      // Fields that are empty need not be said of a row that does not exist yet.
      let spoken = desired.filter { !$0.value.isNull }
      return .create(
        Record(mirror.resource, spoken), links: ids(of: spoken, in: links),
        isPartial: !partial.isEmpty)
    }
    // A list of links that is not whole yet is left as it is: sending it short would take links
    // away that are there.
    let changed = desired.filter {
      !partial.contains($0.key) && !isSame($0.value, base[$0.key] ?? .null)
    }
    if changed.isEmpty { return partial.isEmpty ? .nothing : .missesLinks }
    return .update(
      Record(mirror.resource, changed), links: ids(of: changed, in: links),
      isPartial: !partial.isEmpty)
  }

  /// A box that is not ticked and one nobody ever touched are the same to a person and to a sink.
  static func isSame(_ left: FieldValue, _ right: FieldValue) -> Bool {
    left == right || (isEmpty(left) && isEmpty(right))
  }

  private static func isEmpty(_ value: FieldValue) -> Bool {
    value.isNull || value == .boolean(false)
  }

  private static func ids(
    of fields: FieldValues, in known: [RemoteKey: String]
  ) -> [RemoteKey: String] {
    let wanted = Set(fields.values.flatMap(\.links))
    return known.filter { wanted.contains($0.key) }
  }
}
