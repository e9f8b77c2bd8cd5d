<?php

/*
 * SimpleSAMLphp as an identity provider on loopback. What differs between runs comes from the environment, what
 * differs between cases from the files of the state folder.
 */
$state = getenv('INTEROP_STATE');

$config = [
    'baseurlpath' => getenv('INTEROP_URL') . '/simplesaml/',
    'certdir' => "$state/",
    'loggingdir' => "$state/",
    'datadir' => "$state/",
    'tempdir' => "$state/tmp",
    'metadatadir' => dirname(__DIR__) . '/metadata/',
    'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',
    'timezone' => 'UTC',
    'secretsalt' => 'salt for interoperability tests only',
    'auth.adminpassword' => 'for interoperability tests only',
    'admin.checkforupdates' => false,
    'showerrors' => true,
    'errorreporting' => false,
    'logging.level' => SimpleSAML\Logger::INFO,
    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'exampleauth' => true, 'saml' => true],
    // http on loopback: SameSite=None would need Secure.
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'session.phpsession.savepath' => "$state/tmp",
    'store.type' => 'phpsession',
    'metadata.sources' => [['type' => 'flatfile']],
    'metadata.sign.enable' => false,
    'theme.use' => 'default',
    'language.default' => 'en',
];
