// The lists of records, in terms of their tables.
import Domain

extension ListSource {
  static let joinProperty = "LEFT JOIN properties p ON p.id = t.property_id"
  static let joinUnit = "LEFT JOIN units u ON u.id = t.unit_id"
  static let phone = "COALESCE(NULLIF(t.phone_mobile, ''), NULLIF(t.phone_home, ''), t.phone_work)"

  /// A text that is shown and looked at, and orders nothing.
  static func text(_ expression: String) -> ListSourceColumn {
    ListSourceColumn(shown: expression, match: .own([expression]))
  }

  static func property(then: [String], key: String = "t.property_id") -> ListSourceColumn {
    .linked("properties", "p", key: key, then: then)
  }

  static func vendor(then: [String]) -> ListSourceColumn {
    .linked("vendors", "v", key: "t.vendor_id", then: then)
  }

  static let unit = ListSourceColumn(
    shown: "u.unit_number",
    match: .among(
      key: "t.unit_id", from: "SELECT u.id FROM units u", text: "u.unit_number", isIndexed: true))

  static let places: [ListName: ListSource] = [
    .properties: ListSource(
      table: "properties",
      columns: [
        "name": .own("t.name"), "address": .own("t.address_line1"), "city": .own("t.city"),
        "units": .own("t.total_units"), "type": .own("t.rental_sub_type"),
        "manager": .own("t.rental_manager_name"), "reserve": .own("t.reserve"),
        "active": .own("t.is_active"),
      ], ownOrder: ("name", false),
      links: [
        .owners: ListLink(
          "Properties", "t.id IN (SELECT s.property_id FROM ownership s WHERE s.owner_id = $L)"),
        .bankAccounts: ListLink("Properties", "t.operating_bank_account_id = $L"),
      ]),
    .units: ListSource(
      table: "units", joins: joinProperty,
      columns: [
        "property": property(then: ["t.unit_number"]), "unit": .own("t.unit_number"),
        "rent": .own("t.market_rent"), "occupied": .own("t.is_unit_occupied"),
        "bedrooms": .own("t.unit_bedrooms"), "bathrooms": .own("t.unit_bathrooms"),
        "size": .own("t.unit_size"), "type": .own("t.unit_type"), "active": .own("t.is_active"),
      ], ownOrder: ("property", false),
      links: [.properties: ListLink("Units", "t.property_id = $L")]),
    .leases: ListSource(
      table: "leases", joins: "LEFT JOIN properties p ON p.id = t.\"propertyId\"",
      columns: [
        "property": property(then: ["t.unit_number"], key: "t.\"propertyId\""),
        "unit": .own("t.unit_number"),
        "tenants": ListSourceColumn(
          shown: """
            (SELECT group_concat(TRIM(COALESCE(n.first_name, '') || ' '
                || COALESCE(n.last_name, '')), ', ')
              FROM lease_tenants lt JOIN tenants n ON n.id = lt.tenant_id WHERE lt.lease_id = t.id)
            """,
          match: .among(
            key: "t.id",
            from: "SELECT lt.lease_id FROM tenants n JOIN lease_tenants lt ON lt.tenant_id = n.id",
            text: "COALESCE(n.first_name, '') || ' ' || COALESCE(n.last_name, '')",
            isIndexed: true)),
        "status": .own("t.status"), "start": .own("t.\"startDate\""), "end": .own("t.\"endDate\""),
        "rent": .own("t.rent"), "deposit": .own("t.\"depositAmt\""), "type": .own("t.lease_type"),
        "lease": .own("t.buildium_lease_id"),
      ], ownOrder: ("property", false),
      links: [
        .properties: ListLink("Leases", "t.\"propertyId\" = $L"),
        .units: ListLink("Leases", "t.\"unitId\" = $L"),
        .tenants: ListLink(
          "Leases", "t.id IN (SELECT lt.lease_id FROM lease_tenants lt WHERE lt.tenant_id = $L)"),
      ]),
  ]

  static let people: [ListName: ListSource] = [
    .tenants: ListSource(
      table: "tenants",
      columns: [
        "name": ListSourceColumn(
          shown: """
            COALESCE(t.last_name, '')
              || CASE WHEN COALESCE(t.last_name, '') <> '' AND COALESCE(t.first_name, '') <> ''
                THEN ', ' ELSE '' END || COALESCE(t.first_name, '')
            """,
          order: .own(["t.last_name", "t.first_name"]),
          match: .own([
            "COALESCE(t.first_name, '') || ' ' || COALESCE(t.last_name, '')",
            "COALESCE(t.last_name, '') || ', ' || COALESCE(t.first_name, '')",
          ])),
        "property": ListSourceColumn(
          shown: home("p.name"),
          match: .among(key: "t.id", from: homes, text: "p.name", isIndexed: true)),
        "unit": ListSourceColumn(
          shown: home("l.unit_number"),
          match: .among(key: "t.id", from: homes, text: "l.unit_number", isIndexed: true)),
        "email": .own("t.email"), "phone": text(phone), "city": .own("t.city"),
      ], ownOrder: ("name", false),
      links: [
        .leases: ListLink(
          "Tenants", "t.id IN (SELECT lt.tenant_id FROM lease_tenants lt WHERE lt.lease_id = $L)"),
        .units: ListLink(
          "Tenants",
          """
          t.id IN (SELECT lt.tenant_id FROM leases l JOIN lease_tenants lt ON lt.lease_id = l.id
            WHERE l."unitId" = $L)
          """),
        .properties: ListLink(
          "Tenants",
          """
          t.id IN (SELECT lt.tenant_id FROM leases l JOIN lease_tenants lt ON lt.lease_id = l.id
            WHERE l."propertyId" = $L)
          """),
      ]),
    .owners: ListSource(
      table: "owners", joins: "LEFT JOIN owners_list_cache c ON c.owner_id = t.id",
      columns: [
        "name": ListSourceColumn(
          shown: "c.display_name", order: .own(["t.company_name", "t.last_name", "t.first_name"]),
          match: .among(
            key: "t.id", from: "SELECT c.owner_id FROM owners_list_cache c",
            text: "c.display_name", isIndexed: true)),
        "email": .own("t.email"), "phone": text(phone),
        "properties": text(
          """
          (SELECT COUNT(*) FROM ownership s WHERE s.owner_id = t.id AND s.effective_to IS NULL)
          """),
        "city": .own("t.city"), "agreement_start": .own("t.management_agreement_start_date"),
        "agreement_end": .own("t.management_agreement_end_date"), "active": .own("t.is_active"),
      ], ownOrder: ("name", false),
      links: [
        .properties: ListLink(
          "Owners", "t.id IN (SELECT s.owner_id FROM ownership s WHERE s.property_id = $L)")
      ]),
    .ownership: ListSource(
      table: "ownership", isPresent: "t.id IS NOT NULL", joins: joinProperty,
      columns: [
        "property": property(then: ["t.owner_name"]), "owner": .own("t.owner_name"),
        "share": text("t.ownership_percentage"), "draws": text("t.disbursement_percentage"),
        "from": ListSourceColumn(
          shown: "NULLIF(t.effective_from, '0001-01-01')", order: .own(["t.effective_from"]),
          match: .own(["t.effective_from"])),
        "to": .own("t.effective_to"), "primary": .own("t.\"primary\""),
      ], ownOrder: ("property", false),
      links: [
        .properties: ListLink("Shares", "t.property_id = $L"),
        .owners: ListLink("Shares", "t.owner_id = $L"),
      ]),
    .vendors: ListSource(
      table: "vendors", joins: "LEFT JOIN vendor_categories k ON k.id = t.vendor_category_id",
      columns: [
        "name": .own("t.name"),
        "category": .linked(
          "vendor_categories", "k", key: "t.vendor_category_id", then: ["t.name"]),
        "contact": .own("t.contact_name"), "email": .own("t.email"), "phone": text(phone),
        "insured_until": .own("t.insurance_expiration_date"), "active": .own("t.is_active"),
      ], ownOrder: ("name", false),
      links: [.glAccounts: ListLink("Vendors", "t.expense_gl_account_id = $L")]),
  ]

  /// Where a tenant lives, or lived last.
  private static func home(_ expression: String) -> String {
    """
    (SELECT \(expression) FROM lease_tenants lt JOIN leases l ON l.id = lt.lease_id
      LEFT JOIN properties p ON p.id = l."propertyId" WHERE lt.tenant_id = t.id
      ORDER BY lt.is_current DESC, l."startDate" DESC LIMIT 1)
    """
  }

  private static let homes =
    "SELECT lt.tenant_id FROM properties p JOIN leases l ON l.\"propertyId\" = p.id "
    + "JOIN lease_tenants lt ON lt.lease_id = l.id"
}
