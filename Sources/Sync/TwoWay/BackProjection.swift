import Domain

/// The way back from a mirror's field to the fields of the record it shows: which ones an edit of the
/// mirror sets, and to what.
///
/// Whatever is written this way shows again as it was entered: projecting the changed record gives
/// the entered value.
enum BackProjection {
  /// The record's fields that a field of the mirror is made from; nil when it cannot be set, because
  /// it is derived from other records or is a link.
  static func targets(_ field: String, of resource: Resource) -> [String]? {
    switch (resource, field) {
    case (.properties, "name"), (.properties, "city"), (.properties, "state"),
      (.properties, "postal_code"), (.properties, "country"), (.properties, "year_built"),
      (.properties, "reserve"), (.properties, "is_active"):
      [field]
    case (.properties, "address"): ["address_line1", "address_line2", "address_line3"]
    case (.units, "unit_number"), (.units, "description"), (.units, "market_rent"): [field]
    case (.units, "bedrooms"): ["unit_bedrooms"]
    case (.units, "bathrooms"): ["unit_bathrooms"]
    case (.units, "size"): ["unit_size"]
    case (.owners, "first_name"), (.owners, "last_name"), (.owners, "company_name"),
      (.owners, "email"), (.owners, "is_active"):
      [field]
    case (.owners, "agreement_start"): ["management_agreement_start_date"]
    case (.owners, "agreement_end"): ["management_agreement_end_date"]
    case (.tenants, "first_name"), (.tenants, "last_name"), (.tenants, "email"): [field]
    case (.owners, "phone"), (.tenants, "phone"): phones
    case (.leases, "start_date"): ["startDate"]
    case (.leases, "end_date"): ["endDate"]
    case (.bills, "date"), (.bills, "due_date"): [field]
    case (.bills, "memo"): ["description"]
    case (.bills, "reference"): ["reference_number"]
    case (.transactions, "date"), (.transactions, "memo"): [field]
    case (.glAccounts, "name"), (.glAccounts, "is_active"): [field]
    case (.glAccounts, "number"): ["account_number"]
    default: nil
    }
  }

  /// In the order in which a mirror takes the one it shows.
  private static let phones = ["phone_mobile", "phone_home", "phone_work"]

  /// The fields of a mirror that a service can be given, when it takes these of the record.
  static func settable(_ resource: Resource, changeable: Set<String>) -> Set<String> {
    Set(
      MirrorSchema.fields(of: resource).map(\.name).filter { name in
        targets(name, of: resource)?.contains(where: changeable.contains) ?? false
      })
  }

  /// The values that make a record show `value` in a field of its mirror.
  ///
  /// - Parameter changeable: the fields the service takes; others are left as they are.
  static func values(
    _ field: String, _ value: FieldValue, in record: Record, changeable: Set<String>
  ) -> FieldValues {
    guard let targets = targets(field, of: record.resource) else { return [:] }
    switch (record.resource, field) {
    case (.properties, "address"):
      // The mirror joins the lines with commas; a text of more parts stays in one line.
      let parts = (value.text ?? "").split(separator: ", ").map(String.init)
      let lines = parts.count <= targets.count ? parts : [parts.joined(separator: ", ")]
      var values: FieldValues = [:]
      for (index, name) in targets.enumerated() {
        values[name] = .text(canonical: index < lines.count ? lines[index] : nil)
      }
      return values.filter { record[$0.key] != $0.value }
    case (.owners, "phone"), (.tenants, "phone"):
      // The number that is shown is the one that was edited; a new one is a mobile's.
      let shown = phones.first { !record[$0].isNull }
      let target = shown ?? phones.first { changeable.contains($0) } ?? phones[0]
      return [target: value]
    default: return [targets[0]: value]
    }
  }
}
