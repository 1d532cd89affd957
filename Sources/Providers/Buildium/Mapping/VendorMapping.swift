// Vendors and their categories.
import Domain
import Sync

/// A vendor.
enum VendorMapping {
  static let collection = "/v1/vendors"
  static let mapping = EntityMapping(
    .vendors, "Vendor",
    [
      .both("first_name", "FirstName", limit: 127), .both("last_name", "LastName", limit: 127),
      .both("company_name", "CompanyName", limit: 127),
      .both("is_company", "IsCompany", required: true), .read("is_active", "IsActive"),
      .both("email", "PrimaryEmail"), .both("alternate_email", "AlternateEmail"),
      .both("website", "Website", limit: 100),
      .both("vendor_category_id", "Category.Id", as: "CategoryId", required: true),
      // The two directions spell it differently.
      .both("expense_gl_account_id", "ExpenseGLAccountId", as: "ExpenseGlAccountId"),
      .both("account_number", "AccountNumber", limit: 30),
      .both("tax_id", "TaxInformation.TaxPayerId"),
      .both("tax_payer_type", "TaxInformation.TaxPayerIdType", as: "TaxInformation.TaxPayerType"),
      .both("tax_payer_name1", "TaxInformation.TaxPayerName1", limit: 40),
      .both("tax_payer_name2", "TaxInformation.TaxPayerName2", limit: 40),
      .both("include_in_1099", "TaxInformation.IncludeIn1099"),
      .both("insurance_provider", "VendorInsurance.Provider", limit: 65),
      .both("insurance_policy_number", "VendorInsurance.PolicyNumber", limit: 65),
      .both("insurance_expiration_date", "VendorInsurance.ExpirationDate"),
      .both("notes", "Comments", limit: 65_535),
    ], Member.address(),
    keptRenamed: [("TaxInformation.Address", "TaxInformation.Address")], hasPhones: true)

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    var remote = try mapping.record(json)
    let record = remote.record
    let person = [record["first_name"].text, record["last_name"].text].compactMap(\.self)
      .joined(separator: " ")
    let company = record["company_name"].text
    let isCompany = record["is_company"].boolean ?? (company != nil)
    remote.record["name"] = .text(canonical: isCompany ? company ?? person : person)
    remote.record["contact_name"] = .text(canonical: isCompany ? person : nil)
    return remote
  }

  /// The body for a vendor.
  static func body(_ record: Record, id: String?, current: JSONValue?) throws(ProviderError)
    -> BuildiumBody
  {
    var builder = try mapping.body(record, current: current)
    let isCreation = id == nil
    builder.settle("VendorInsurance", words: "the insurance")
    builder.settleAddress(isRequired: false, words: "the address")
    if isCreation, var tax = builder["TaxInformation"]?.object {
      // A POST has no say about the 1099.
      if tax["IncludeIn1099"] ?? .null != .null { builder.notWritten.append("include_in_1099") }
      tax["IncludeIn1099"] = nil
      builder.set("TaxInformation", .object(tax))
    }
    builder.settle(
      "TaxInformation", required: isCreation ? [] : ["IncludeIn1099"],
      words: "the tax information")
    OwnerMapping.requireName(&builder)
    return builder.body(collection, id: id)
  }
}

/// A vendor's category.
enum VendorCategoryMapping {
  static let collection = "/v1/vendors/categories"
  static let mapping = EntityMapping(
    .vendorCategories, "Vendor category",
    [
      .both("name", "Name", required: true), .read("is_system_category", "IsSystemCategory"),
    ])

  static func record(_ json: JSONValue) throws(ProviderError) -> RemoteRecord {
    try mapping.record(json)
  }
}
