// One full object of each kind in Buildium's GET shape, and how Buildium stores what is PUT.
import Domain
import Testing

/// An entity with its GET sample, the members its PUT message documents, and how they come back.
struct Sample: Sendable, CustomTestStringConvertible {
  let resource: Resource
  let get: JSONValue
  /// Every member of the PUT message; one left out of a body is cleared.
  let put: [String]
  /// Members that come back under another name or in another shape.
  var shape:
    @Sendable (_ name: String, _ value: JSONValue, _ old: JSONValue) -> (String, JSONValue) =
      { name, value, _ in (name, value) }
  var testDescription: String { resource.rawValue }

  /// What a GET gives after the body was PUT.
  func stored(_ body: JSONValue) -> JSONValue {
    guard case .object(var object) = get else { return get }
    for name in put {
      let (member, value) = shape(name, body[name] ?? .null, get)
      object[member] = value
    }
    return .object(object)
  }

  private static let address =
    #"{"AddressLine1":"1 Elm St","AddressLine2":"Rear","AddressLine3":null,"City":"Springfield","State":"IL","PostalCode":"62701","Country":"Ruritania"}"#
  private static let phones =
    #"[{"Number":"555-0001","Type":"Home"},{"Number":"555-0002","Type":"Cell"},{"Number":"","Type":"Fax"}]"#

  /// A list from the object with four members.
  static func phoneList(_ value: JSONValue) -> JSONValue {
    .array(
      [("Home", "Home"), ("Work", "Office"), ("Mobile", "Cell"), ("Fax", "Fax")].compactMap {
        guard let number = value[$0]?.string else { return nil }
        return ["Number": .string(number), "Type": .string($1)]
      })
  }

  private static let phoneShape: @Sendable (String, JSONValue, JSONValue) -> (String, JSONValue) = {
    name, value, _ in (name, name == "PhoneNumbers" ? phoneList(value) : value)
  }

  static let all: [Sample] = [
    Sample(
      resource: .properties,
      get: json(
        #"{"Id":7,"Name":"Elm Court","StructureDescription":"Brick\r\nThree floors","NumberUnits":4,"IsActive":true,"OperatingBankAccountId":1,"Reserve":1500.5,"Address":\#(address),"YearBuilt":1951,"RentalType":"Residential","RentalSubType":"TreeHouse","RentalManager":{"Id":33,"FirstName":"Ann","LastName":"Lee","IsCompany":false},"Brand New":{"x":[1]}}"#
      ),
      put: [
        "Name", "StructureDescription", "Address", "RentalSubType", "OperatingBankAccountId",
        "PropertyManagerId", "Reserve", "YearBuilt",
      ],
      shape: { name, value, old in
        guard name == "PropertyManagerId" else { return (name, value) }
        let manager = old["RentalManager"] ?? .null
        return (
          "RentalManager",
          value.isNull ? .null : manager["Id"] == value ? manager : ["Id": value]
        )
      }),
    Sample(
      resource: .units,
      get: json(
        #"{"Id":101,"PropertyId":7,"BuildingName":"Elm Court","UnitNumber":"1A","Description":null,"MarketRent":1376,"Address":\#(address),"UnitBedrooms":"TwoBed","UnitBathrooms":"FortyBath","UnitSize":600,"IsUnitListed":false,"IsUnitOccupied":true}"#
      ),
      put: [
        "UnitNumber", "UnitSize", "MarketRent", "Address", "UnitBedrooms", "UnitBathrooms",
        "Description",
      ]),
    Sample(
      resource: .owners,
      get: json(
        #"{"Id":500,"IsCompany":false,"IsActive":true,"FirstName":"Vic","LastName":"Gray","PhoneNumbers":\#(phones),"Email":"","AlternateEmail":null,"Comment":"Likes\ncalls","Address":\#(address),"ManagementAgreementStartDate":"2024-01-01","ManagementAgreementEndDate":null,"CompanyName":"","PropertyIds":[7,2],"TaxInformation":{"TaxPayerIdType":"XIN","TaxPayerId":"123-45-6789","TaxPayerName1":"Vic","TaxPayerName2":null,"IncludeIn1099":true,"Address":\#(address)}}"#
      ),
      put: [
        "FirstName", "LastName", "IsCompany", "CompanyName", "DateOfBirth",
        "ManagementAgreementStartDate", "ManagementAgreementEndDate", "Email", "AlternateEmail",
        "PhoneNumbers", "Address", "Comment", "PropertyIds",
      ], shape: phoneShape),
    Sample(
      resource: .tenants,
      get: json(
        #"{"Id":12,"UserLeaseId":3,"FirstName":"Dev","LastName":"Wolfe","Email":"dev@example.com","AlternateEmail":null,"PhoneNumbers":\#(phones),"CreatedDateTime":"2025-04-26T00:00:00Z","EmergencyContact":{"Name":"Mum","RelationshipDescription":"Mother","Phone":"1","Email":null},"DateOfBirth":"1990-02-03","SMSOptInStatus":"Maybe","Address":\#(address),"AlternateAddress":\#(address),"MailingPreference":"Pigeon","Leases":[],"Comment":null,"TaxId":"987"}"#
      ),
      put: [
        "FirstName", "LastName", "Email", "AlternateEmail", "PhoneNumbers", "DateOfBirth",
        "Comment", "TaxId", "EmergencyContact", "Address", "AlternateAddress",
        "MailingPreference",
      ], shape: phoneShape),
    Sample(
      resource: .leases,
      get: json(
        #"{"Id":4,"PropertyId":7,"UnitId":101,"UnitNumber":"1A","LeaseFromDate":"2025-04-26","LeaseToDate":"2026-04-25","LeaseType":"Eternal","LeaseStatus":"Active","IsEvictionPending":false,"TermType":"Standard","RenewalOfferStatus":"Considering","CurrentTenants":[{"Id":12,"FirstName":"Dev","TaxId":"987","DateOfBirth":"1990-02-03"}],"CurrentNumberOfOccupants":1,"AccountDetails":{"SecurityDeposit":1376.0,"Rent":1376.25},"Cosigners":[],"AutomaticallyMoveOutTenants":false,"CreatedDateTime":"2025-04-26T00:00:00Z","LastUpdatedDateTime":"2025-05-26T01:02:03Z","MoveOutData":[],"PaymentDueDay":1,"Tenants":[{"Id":12,"Status":"Current"},{"Id":11,"Status":"MovedOut"}]}"#
      ),
      put: [
        "LeaseType", "UnitId", "LeaseFromDate", "LeaseToDate", "IsEvictionPending",
        "AutomaticallyMoveOutTenants",
      ]),
    Sample(
      resource: .vendors,
      get: json(
        #"{"Id":9,"IsCompany":true,"IsActive":true,"FirstName":"Bo","LastName":"Pipe","PrimaryEmail":"v@example.com","AlternateEmail":null,"CompanyName":"Pipes Ltd","PhoneNumbers":\#(phones),"Website":"pipes.example","Category":{"Id":6,"Name":"Plumbing"},"Address":\#(address),"VendorInsurance":{"Provider":"Safe","PolicyNumber":"P1","ExpirationDate":"2027-01-31T00:00:00Z"},"Comments":"Good","AccountNumber":"AC-1","ExpenseGLAccountId":111,"TaxInformation":{"TaxPayerIdType":"XIN","TaxPayerId":"12-3456789","TaxPayerName1":"Pipes","TaxPayerName2":null,"IncludeIn1099":true,"Address":\#(address)}}"#
      ),
      put: [
        "FirstName", "LastName", "IsCompany", "CompanyName", "PrimaryEmail", "AlternateEmail",
        "PhoneNumbers", "Address", "CategoryId", "ExpenseGlAccountId", "AccountNumber", "Website",
        "VendorInsurance", "Comments", "TaxInformation",
      ],
      shape: { name, value, old in
        switch name {
        case "PhoneNumbers": return (name, phoneList(value))
        case "CategoryId":
          let category = old["Category"] ?? .null
          return ("Category", category["Id"] == value ? category : ["Id": value])
        case "ExpenseGlAccountId": return ("ExpenseGLAccountId", value)
        case "VendorInsurance":
          guard case .object(var insurance) = value else { return (name, value) }
          if let date = insurance["ExpirationDate"]?.string {
            insurance["ExpirationDate"] = .string(date + "T00:00:00Z")
          }
          return (name, .object(insurance))
        case "TaxInformation":
          guard case .object(var tax) = value else { return (name, value) }
          tax["TaxPayerIdType"] = tax["TaxPayerType"]
          tax["TaxPayerType"] = nil
          return (name, .object(tax))
        default: return (name, value)
        }
      }),
    Sample(
      resource: .glAccounts,
      get: json(
        #"{"Id":111,"AccountNumber":"6110","Name":"Plumbing","Description":"Pipes","Type":"Expense","SubType":"OperatingExpenses","IsDefaultGLAccount":false,"DefaultAccountName":null,"IsContraAccount":false,"IsBankAccount":false,"CashFlowClassification":"SidewaysActivities","ExcludeFromCashBalances":false,"SubAccounts":null,"IsActive":true,"ParentGLAccountId":11,"IsCreditCardAccount":false}"#
      ),
      put: [
        "Name", "SubType", "ParentGLAccountId", "IsCashAsset", "AccountNumber", "Description",
        "IsContraAccount", "CashFlowClassification",
      ],
      shape: { name, value, _ in (name == "IsCashAsset" ? "_cash" : name, value) }),
    Sample(
      resource: .bankAccounts,
      get: json(
        #"{"Id":1,"GLAccount":{"Id":10001,"AccountNumber":"1000","Name":"Operating Trust","Type":"Asset"},"CheckPrintingInfo":{"EnableLocalCheckPrinting":true,"SignatureHeading":"X"},"Name":"Operating Trust","Description":"Main","BankAccountType":"Piggy","Country":"UnitedStates","AccountNumber":"****4321","RoutingNumber":"021000021","IsActive":true,"Balance":12.34,"AccountNumberUnmasked":"00004321"}"#
      ),
      put: [
        "CheckPrintingInfo", "Name", "Description", "BankAccountType", "Country", "AccountNumber",
        "RoutingNumber",
      ],
      shape: { name, value, old in
        // Shown masked again, so only an unchanged number comes back as it was shown.
        guard name == "AccountNumber" else { return (name, value) }
        return (name, value == old["AccountNumberUnmasked"] ? old["AccountNumber"] ?? .null : value)
      }),
    Sample(
      resource: .tasks,
      get: json(
        #"{"Id":8,"TaskType":"Todo","Category":{"Id":3,"Name":"Leaks","SubCategory":{"Id":31,"Name":"Kitchen"}},"Title":"Fix tap","Description":"Drips","Property":{"Id":7,"Type":"Rental"},"UnitId":101,"UnitAgreement":{"Id":4,"Type":"Lease"},"RequestedByUserEntity":{"Type":"RentalTenant","Id":12,"FirstName":"Dev","LastName":"Wolfe"},"AssignedToUserId":33,"TaskStatus":"Frozen","Priority":"Low","DueDate":null,"CreatedDateTime":"2026-01-01T00:00:00Z","LastUpdatedDateTime":"2026-01-02T00:00:00Z"}"#
      ),
      put: [
        "Title", "Message", "CategoryId", "SubCategoryId", "PropertyId", "UnitId",
        "AssignedToUserId", "TaskStatus", "Priority", "DueDate",
      ],
      shape: { name, value, old in
        switch name {
        case "Message", "SubCategoryId": return ("_" + name, value)
        case "CategoryId":
          let category = old["Category"] ?? .null
          return ("Category", category["Id"] == value ? category : ["Id": value])
        case "PropertyId":
          return ("Property", value.isNull ? .null : ["Id": value, "Type": "Rental"])
        case "AssignedToUserId": return (name, value.isNull ? 0 : value)
        default: return (name, value)
        }
      }),
    Sample(
      resource: .workOrders,
      get: json(
        #"{"Id":55,"Task":{"Id":8,"UnitId":101},"Title":"Tap","DueDate":"2026-02-02","Priority":"High","Status":"Paused","WorkDetails":"Replace","InvoiceNumber":"I1","ChargeableTo":"Owner","EntryAllowed":"Perhaps","EntryNotes":null,"VendorId":9,"VendorNotes":"Ring","EntryContacts":[{"Id":12,"Resources":[]}],"BillTransactionId":null,"BillTransactionIds":[70],"Amount":80.5,"LineItems":[{"GlAccountId":111,"Quantity":1.5,"Memo":"Hours","UnitPrice":53.6667}]}"#
      ),
      put: [
        "Title", "WorkDetails", "InvoiceNumber", "ChargeableTo", "EntryAllowed", "EntryNotes",
        "VendorId", "VendorNotes", "EntryContactId", "EntryContactIds", "LineItems",
      ],
      shape: { name, value, _ in
        switch name {
        case "EntryContactIds":
          return (
            "EntryContacts", .array((value.array ?? []).map { ["Id": $0, "Resources": []] })
          )
        case "EntryContactId": return ("_EntryContactId", value)
        default: return (name, value)
        }
      }),
  ]
}
