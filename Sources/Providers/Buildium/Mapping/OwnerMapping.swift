// Rental owners.
import Domain
import Sync

/// Buildium's *rental owner* and an owner.
enum OwnerMapping {
  static let collection = "/v1/rentals/owners"
  static let mapping = EntityMapping(
    .owners, "Owner",
    [
      .both("first_name", "FirstName", limit: 127), .both("last_name", "LastName", limit: 127),
      .both("company_name", "CompanyName", limit: 127),
      .both("is_company", "IsCompany", required: true), .read("is_active", "IsActive"),
      .both("email", "Email"), .both("alternate_email", "AlternateEmail"),
      .both("comment", "Comment", limit: 65_535),
      .both("management_agreement_start_date", "ManagementAgreementStartDate"),
      .both("management_agreement_end_date", "ManagementAgreementEndDate"),
      // No GET shows it, so a replacement that does not name it clears it.
      .writeOnly("date_of_birth", "DateOfBirth"),
      .both("property_ids", "PropertyIds", required: true),
      .read("tax_payer_id", "TaxInformation.TaxPayerId"),
      .read("tax_payer_type", "TaxInformation.TaxPayerIdType"),
      .read("tax_payer_name1", "TaxInformation.TaxPayerName1"),
      .read("tax_payer_name2", "TaxInformation.TaxPayerName2"),
    ], Member.address(),
    [
      .read("tax_address_line1", "TaxInformation.Address.AddressLine1"),
      .read("tax_address_line2", "TaxInformation.Address.AddressLine2"),
      .read("tax_address_line3", "TaxInformation.Address.AddressLine3"),
      .read("tax_city", "TaxInformation.Address.City"),
      .read("tax_state", "TaxInformation.Address.State"),
      .read("tax_postal_code", "TaxInformation.Address.PostalCode"),
      .read("tax_country", "TaxInformation.Address.Country"),
    ], hasPhones: true)

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    try mapping.record(json)
  }

  /// The body for an owner. Tax information can be given only when the owner is created.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    if id == nil { addTaxInformation(record, to: &builder) }
    builder.settleAddress(isRequired: true, words: "the address")
    requireName(&builder)
    return builder.body(collection, id: id)
  }

  /// A person needs both names, a company its own.
  static func requireName(_ builder: inout BodyBuilder) {
    func isMissing(_ name: String) -> Bool { builder[name]?.string == nil }
    if builder["IsCompany"]?.bool == true {
      if isMissing("CompanyName") {
        builder.problems.append("\(builder.title): a company needs a company name.")
      }
    } else if isMissing("FirstName") || isMissing("LastName") {
      builder.problems.append("\(builder.title): a person needs a first and a last name.")
    }
  }

  private static func addTaxInformation(_ record: Record, to builder: inout BodyBuilder) {
    let members = [
      ("tax_payer_id", ["TaxPayerId"]), ("tax_payer_type", ["TaxPayerType"]),
      ("tax_payer_name1", ["TaxPayerName1"]), ("tax_payer_name2", ["TaxPayerName2"]),
      ("tax_address_line1", ["Address", "AddressLine1"]),
      ("tax_address_line2", ["Address", "AddressLine2"]),
      ("tax_address_line3", ["Address", "AddressLine3"]), ("tax_city", ["Address", "City"]),
      ("tax_state", ["Address", "State"]), ("tax_postal_code", ["Address", "PostalCode"]),
      ("tax_country", ["Address", "Country"]),
    ]
    builder.notWritten.removeAll { $0.hasPrefix("tax_") }
    for (field, path) in members where !record[field].isNull {
      builder.set(["TaxInformation"] + path, record[field].wire)
    }
    for field in ["tax_payer_name1", "tax_payer_name2"] {
      builder.check(record[field], .both(field, "TaxInformation", limit: 40))
    }
  }
}
