import Domain

/// What must have been done before what: the order of work, from the vocabulary's own links.
enum Gates {
  /// Resources whose records must be pulled first, so that links resolve as they arrive.
  static func parents(ofPull resource: Resource) -> Set<Resource> {
    let schema = RecordSchema.of(resource)
    var parents = Set((schema.fields + schema.lineFields).compactMap { linked($0.kind) })
    // A credit links to no transaction, but that is how a provider without a list of credits hears
    // of it.
    if resource == .vendorCredits { parents.insert(.transactions) }
    return parents.filter { $0 < resource }
  }

  /// Resources that must have been pulled before a record's mirror can be made without having to be
  /// made again: itself, what it links to and what its derived fields are taken from.
  static func needs(ofPush resource: Resource) -> Set<Resource> {
    switch resource {
    case .properties: [.properties, .owners, .units]
    case .units: [.units, .properties]
    case .tenants: [.tenants, .leases]
    case .leases: [.leases, .units, .properties, .tenants]
    case .bills: [.bills, .vendors, .billPayments, .vendorCredits, .glAccounts, .properties]
    case .transactions: [.transactions, .leases, .units, .properties, .glAccounts]
    case .rentPayments: [.transactions, .leases, .units, .properties, .glAccounts, .tenants]
    default: [resource]
    }
  }

  /// Everything the records of the sink are made from.
  static let mirroredNeeds = Set(Resource.mirrored.flatMap { needs(ofPush: $0) })

  /// Resources whose new records must be at the sink before a record that links to them leaves.
  ///
  /// Only those that come earlier: of two resources that link to each other, the earlier one is
  /// made without the link and gets it afterwards.
  static func parents(ofPush resource: Resource, fields: [FieldDefinition]) -> Set<Resource> {
    Set(fields.compactMap { linked($0.kind) }).filter {
      place($0) < place(resource) && $0 != resource
    }
  }

  /// What the source must give so that a resource can be mirrored; rent payments are made from
  /// transactions.
  static func pulled(for resource: Resource) -> Resource {
    resource == .rentPayments ? .transactions : resource
  }

  /// Where a resource stands among those that are mirrored.
  static func place(_ resource: Resource) -> Int {
    Resource.mirrored.firstIndex(of: resource) ?? Resource.mirrored.count
  }

  /// The mirrored resources in the order in which ready work is taken: money first.
  static let pushOrder: [Resource] = Resource.mirrored.sorted {
    ($0.priority, place($0)) < ($1.priority, place($1))
  }

  static func linked(_ kind: FieldKind) -> Resource? {
    switch kind {
    case .reference(let resource), .references(let resource): resource
    default: nil
    }
  }
}
