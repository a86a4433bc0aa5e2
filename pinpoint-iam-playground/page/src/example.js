// What the page shows first.

const document = (statement) => JSON.stringify({ Version: "2012-10-17", Statement: statement }, null, 2);

export const EXAMPLE = {
  version: 1,
  catalog: null,
  policies: [
    {
      name: "reader",
      type: "identity",
      principals: ["arn:aws:iam::123456789012:user/ana"],
      text: document([
        { Sid: "Read", Effect: "Allow", Action: "mobiletargeting:Get*", Resource: "*" },
        {
          Sid: "OnlyFromTheOffice",
          Effect: "Deny",
          Action: "mobiletargeting:*",
          Resource: "*",
          Condition: { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
        },
      ]),
    },
  ],
  request: {
    written: {
      principal: "arn:aws:iam::123456789012:user/ana",
      action: "mobiletargeting:GetApp",
      resource: "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
      context: { "aws:SourceIp": "203.0.113.7" },
      "unknown-keys": [],
    },
  },
};
