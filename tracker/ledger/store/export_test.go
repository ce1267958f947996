package store

// ParamsText is paramsText for tests.
var ParamsText = paramsText
