// Properties and units.
import Domain
import Sync

/// Buildium's *rental* and a property.
enum PropertyMapping {
  static let collection = "/v1/rentals"
  static let mapping = EntityMapping(
    .properties, "Property",
    [
      .both("name", "Name", limit: 127, required: true),
      .both("structure_description", "StructureDescription", limit: 65_535),
      .both("rental_sub_type", "RentalSubType", required: true),
      .read("property_type", "RentalType"), .both("reserve", "Reserve"),
      .both("year_built", "YearBuilt"), .read("total_units", "NumberUnits"),
      .read("is_active", "IsActive"),
      .both("rental_manager_id", "RentalManager.Id", as: "PropertyManagerId"),
      .both("operating_bank_account_id", "OperatingBankAccountId", required: true),
    ], Member.address())

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json)
    let wire = try Wire(json, titled: "Property")
    let name = try personName(wire, "RentalManager")
    remote.record["rental_manager_name"] = .text(canonical: name)
    return remote
  }

  /// The body for a property. A property's owners are linked from the owner's side, and it is made
  /// active or inactive by requests of their own.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    builder.settleAddress(isRequired: true, words: "the address")
    return builder.body(collection, id: id)
  }
}

/// Buildium's *rental unit* and a unit.
enum UnitMapping {
  static let collection = "/v1/rentals/units"
  static let mapping = EntityMapping(
    .units, "Unit",
    [
      .read("property_id", "PropertyId"),
      .both("unit_number", "UnitNumber", limit: 30, required: true),
      .read("building_name", "BuildingName"), .both("unit_size", "UnitSize"),
      .both("market_rent", "MarketRent"), .both("unit_bedrooms", "UnitBedrooms"),
      .both("unit_bathrooms", "UnitBathrooms"),
      .both("description", "Description", limit: 65_535),
      .read("is_unit_listed", "IsUnitListed"), .read("is_unit_occupied", "IsUnitOccupied"),
    ], Member.address())

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    try mapping.record(json)
  }

  /// The body for a unit; its property can only be named when it is created.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    if id == nil {
      builder.notWritten.removeAll { $0 == "property_id" }
      builder.set("PropertyId", record["property_id"].wire)
      if record["property_id"].isNull {
        builder.problems.append("Unit: property is missing; Buildium requires it.")
      }
    }
    builder.settleAddress(isRequired: true, words: "the address")
    return builder.body(collection, id: id)
  }
}

/// `First Last`, or the company's name, of the person at a path; nil when there is none.
func personName(_ wire: Wire, _ path: String...) throws(ProviderError) -> String? {
  func part(_ name: String) throws(ProviderError) -> String? {
    try wire.field(.text, path + [name]).text
  }
  if wire.value(path + ["IsCompany"])?.bool == true, let company = try part("CompanyName") {
    return company
  }
  var names: [String] = []
  if let first = try part("FirstName") { names.append(first) }
  if let last = try part("LastName") { names.append(last) }
  if names.isEmpty { return try part("CompanyName") }
  return names.joined(separator: " ")
}
