<?php

/* The people of all cases: their address is their name. */
$people = json_decode(file_get_contents(getenv('INTEROP_STATE') . '/people.json'), true);

$users = ['exampleauth:UserPass'];
foreach ($people as $email => $person) {
    $users["$email:{$person['password']}"] = [
        'email' => [$email],
        'firstName' => [$person['firstName']],
        'lastName' => [$person['lastName']],
    ];
}

$config = ['people' => $users];
